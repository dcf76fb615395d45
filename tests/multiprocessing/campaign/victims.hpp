// Processes that are killed at random moments and replaced, and the watch that nobody else stands
// still meanwhile.
#pragma once

#include <cohort/multiprocessing/process.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {

inline void require(bool held, const std::string& what) {
  if (!held) throw std::runtime_error(what);
}

class victims {
 public:
  using clock = std::chrono::steady_clock;
  using maker = std::function<process()>;

  explicit victims(unsigned seed) : random_(seed) {}
  ~victims() { kill_all(); }
  victims(const victims&) = delete;
  victims& operator=(const victims&) = delete;

  void add(maker make) {
    makers_.push_back(std::move(make));
    processes_.push_back(makers_.back()());
    processes_.back().start();
  }

  // Kills one of them after a random time, and starts another in its place.
  void strike() {
    // A death at any instruction: most within a few of the loops that they run.
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 1500));
    const std::size_t which = random_() % processes_.size();
    processes_[which].kill();
    require(processes_[which].join(within(std::chrono::seconds(10))), "a killed process goes on");
    ++kills_;
    processes_[which] = makers_[which]();
    processes_[which].start();
  }
  // The others go on: `progress`, which they raise, does so within ten seconds.
  void await_progress(const std::function<std::uint64_t()>& progress) {
    const std::uint64_t before = progress();
    const auto start = clock::now();
    while (progress() == before) {
      require(clock::now() - start < std::chrono::seconds(10), "nobody goes on after a death");
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    longest_ = std::max(longest_, clock::now() - start);
  }

  // Ends the campaign: kills that count like all others.
  void kill_all() {
    for (process& p : processes_) {
      if (!p.is_alive()) continue;
      p.kill();
      p.join();
      ++kills_;
    }
    processes_.clear();
  }

  std::uint64_t kills() const { return kills_; }
  std::chrono::milliseconds longest() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(longest_);
  }
  std::minstd_rand& random() { return random_; }

 private:
  std::minstd_rand random_;
  std::vector<maker> makers_;
  std::vector<process> processes_;
  std::uint64_t kills_ = 0;
  clock::duration longest_{0};
};

}  // namespace cohort::test
