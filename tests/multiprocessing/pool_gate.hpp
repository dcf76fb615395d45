// What the tests of pools share: small tasks, and a gate that keeps workers busy.
#pragma once

#include <cohort/multiprocessing/thread_pool.hpp>

#include "runtime/time_limit.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

inline int square(int n) {
  return n * n;
}
inline int odd_only(int n) {
  if (n % 2 == 0) throw std::runtime_error(std::to_string(n));
  return n;
}

// Keeps the threads of a pool busy until it is opened.
class gate {
 public:
  gate(thread_pool& pool, int threads) {
    for (int i = 0; i < threads; ++i) {
      held_.push_back(pool.apply_async([this, opened = opened_] {
        entered_.release();
        opened.wait();
      }));
    }
    for (int i = 0; i < threads; ++i) entered_.acquire();
  }
  ~gate() { open(); }
  void open() {
    if (!std::exchange(open_, true)) promise_.set_value();
    wait_all(held_);
  }

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_ = promise_.get_future().share();
  std::counting_semaphore<> entered_{0};
  std::vector<future<void>> held_;
  bool open_ = false;
};

class thread_pools : public testing::Test {
  time_limit limit_;
};

}  // namespace cohort::test
