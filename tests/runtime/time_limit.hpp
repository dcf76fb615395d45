// The watchdog of these tests, under the name of the test that runs.
#pragma once

#include "support/watchdog.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace cohort::test {

// Ends the test program if the test in which it is made takes far longer than it ever should.
class time_limit : public watchdog {
 public:
  time_limit()
      : watchdog(testing::UnitTest::GetInstance()->current_test_info()->name(),
                 std::chrono::seconds(60)) {}
};

}  // namespace cohort::test
