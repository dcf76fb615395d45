// Failures of this process's rank, and those of all ranks gathered on rank 0.
#pragma once

#include <cohort/communicator.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cohort::test {

// Rank 0 speaks for all: the results of the others are quiet but for their failures, which they
// print at once, so that they are seen if the job dies, and which gather() makes rank 0's.
class rank_failures : public testing::EmptyTestEventListener {
 public:
  explicit rank_failures(int rank) : rank_(rank) {}

  // At the end of a test; collective. Makes the test fail on rank 0 with every rank's messages.
  void gather(const communicator& reports);

 private:
  void OnTestPartResult(const testing::TestPartResult& result) override;

  const int rank_;
  std::vector<std::string> messages_;  // of the test that runs
};

}  // namespace cohort::test
