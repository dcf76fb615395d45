// Ends a test that hangs, and says what each rank was waiting for.
#pragma once

#include <cohort/communicator.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace cohort::runtime {
class arena;
}

namespace cohort::test {

// Instrumented programs run many times slower.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr std::chrono::seconds patience{180};
#else
inline constexpr std::chrono::seconds patience{60};
#endif

// Alive while a test runs. If that takes longer than `patience`, a thread of its own prints what
// the ranks of the watched job wait for and aborts the process.
class watchdog {
 public:
  explicit watchdog(std::string test, std::chrono::seconds limit = patience);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  // The job whose ranks are to be reported. Any thread; the last call counts.
  void watch(const communicator& world);

 private:
  void guard(std::chrono::seconds limit);
  void report(std::chrono::seconds limit) const;

  const std::string test_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::shared_ptr<runtime::arena> memory_;
  std::thread thread_;
};

}  // namespace cohort::test
