// Tests whose body every rank runs. One body serves two programs: the ranks as processes under
// cohortrun (processes_main.cpp), and the ranks as threads of one process (threads_main.cpp), where
// the sanitizers see the whole protocol.
#pragma once

#include <cohort/cohort.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cohort::test {

// What a test can't do without. Where it is not there, the test does not exist.
struct needs {
  int ranks = 1;
  const char* setting = nullptr;  // a COHORT_ setting in force, "NAME=value"
  bool threads = false;           // thread level `multiple`
  int minutes = 1;                // before the watchdog takes it for hung
};

struct ranked_test {
  const char* suite;
  const char* name;
  const char* file;
  int line;
  needs needed;
  void (*body)(const communicator& world);
};

// All that the program has, in the order of the files.
const std::vector<ranked_test>& ranked_tests();
// Adds one; true, so that a constant at namespace scope can call it.
bool add(const ranked_test& test);

// The ring of all ranks; a job of one is its own neighbour.
inline int right_of(const communicator& world) {
  return (world.rank() + 1) % world.size();
}
inline int left_of(const communicator& world) {
  return (world.rank() + world.size() - 1) % world.size();
}

}  // namespace cohort::test

// The body is a function of `world`, a communicator of all ranks that nobody else uses. After the
// name come the needs: RANKED_TEST(strict, head_to_head, .ranks = 2, .setting = "COHORT_STRICT=1").
// A rank that fails fatally (ASSERT_) or throws is given up, and with it the ranks that wait for
// it.
#define RANKED_TEST(suite, name, ...)                                                         \
  static void suite##_##name(const cohort::communicator& world);                              \
  static const bool suite##_##name##_added =                                                  \
      cohort::test::add({#suite, #name, __FILE__, __LINE__, {__VA_ARGS__}, &suite##_##name}); \
  static void suite##_##name([[maybe_unused]] const cohort::communicator& world)
