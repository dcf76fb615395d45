// The main of tests that start processes: the environment is its first line, since the program is
// executed afresh for each of them.
#include <cohort/environment.hpp>

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  const cohort::environment env(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
