// Makes a fatal failure end its rank: a body that only returned would leave the ranks that wait for
// it waiting.
#pragma once

#include <gtest/gtest.h>

namespace cohort::test {

// The last listener, since none after it is called for a fatal failure.
class fatal_failures_throw : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.fatally_failed()) throw testing::AssertionException(result);
  }
};

}  // namespace cohort::test
