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

// Alive while a test runs. If that takes longer than `limit`, a thread of its own prints what the
// ranks of the watched job wait for and aborts the process. Instrumented programs, which run many
// times slower, get three times the limit.
class watchdog {
 public:
  watchdog(std::string test, std::chrono::seconds limit);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  // The job whose ranks are to be reported. Any thread; the last call counts.
  void watch(const communicator& world);

 private:
  void guard();
  void report() const;

  const std::string test_;
  const std::chrono::seconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::shared_ptr<runtime::arena> memory_;
  std::thread thread_;
};

}  // namespace cohort::test
