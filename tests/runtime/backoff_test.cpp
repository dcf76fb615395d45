// What a waiting member does between two looks, for each policy.
#include "runtime/backoff.hpp"

#include <gtest/gtest.h>

namespace cohort::runtime {
namespace {

using step = backoff::step;

class backoff_of : public testing::Test {
 protected:
  // Takes steps until one of them is to sleep, and counts the yields on the way.
  int yields_until_sleep(backoff& pause) {
    int yields = 0;
    for (;;) {
      const step next = pause.next();
      if (next == step::sleep) return yields;
      if (next == step::yield) {
        ++yields;
        pause.yield();
      }
    }
  }

  void SetUp() override {
    job_.capacity = 64;
    job_.ranks = 64;
  }

  arena_header job_{};
  settings chosen_;
};

TEST_F(backoff_of, sleep_sleeps_at_once) {
  chosen_.wait = wait_policy::sleep;
  chosen_.spin_microseconds = 1'000'000;
  backoff pause(job_, chosen_);
  EXPECT_EQ(yields_until_sleep(pause), 0);
}

TEST_F(backoff_of, spin_never_yields) {
  chosen_.wait = wait_policy::spin;
  chosen_.spin_microseconds = 100;
  job_.awake[0] = ~std::uint64_t{0};
  job_.processors = 1;
  backoff pause(job_, chosen_);
  EXPECT_EQ(yields_until_sleep(pause), 0);
}

TEST_F(backoff_of, yield_yields_and_sleeps_in_the_end) {
  chosen_.wait = wait_policy::yield;
  chosen_.spin_microseconds = 100;
  backoff pause(job_, chosen_);
  EXPECT_GE(yields_until_sleep(pause), 32) << "more than a fair share of the processor's others";
}

TEST_F(backoff_of, automatic_yields_where_members_exceed_processors) {
  chosen_.spin_microseconds = 100;
  job_.awake[0] = 0b111;
  job_.processors = 2;
  backoff crowded(job_, chosen_);
  EXPECT_GE(yields_until_sleep(crowded), 32);
  job_.processors = 3;
  backoff alone(job_, chosen_);
  EXPECT_EQ(yields_until_sleep(alone), 0);
}

TEST_F(backoff_of, patience_is_what_the_setting_says) {
  chosen_.wait = wait_policy::spin;
  chosen_.spin_microseconds = 2000;
  backoff pause(job_, chosen_);
  const auto before = steady_now();
  yields_until_sleep(pause);
  EXPECT_GE(steady_now() - before, 2'000'000);
}

TEST_F(backoff_of, news_start_patience_anew) {
  chosen_.wait = wait_policy::spin;
  chosen_.spin_microseconds = 2000;
  backoff pause(job_, chosen_);
  yields_until_sleep(pause);
  const auto before = steady_now();
  pause.restart();
  yields_until_sleep(pause);
  EXPECT_GE(steady_now() - before, 2'000'000);
}

}  // namespace
}  // namespace cohort::runtime
