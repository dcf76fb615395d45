// The main of ranked tests whose ranks are processes: run it under cohortrun, or alone as a job of
// one. With --threads=multiple after the GoogleTest options, at that thread level.
//
// An exception or fatal failure ends the process without finalizing, so that the launcher ends the
// job: the other ranks could wait for this one for ever.
#include "support/fatal_failures.hpp"
#include "support/rank_failures.hpp"
#include "support/ranked.hpp"
#include "support/watchdog.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using cohort::communicator;
using cohort::test::ranked_test;

class process_rank : public testing::Test {
 public:
  process_rank(const ranked_test& test, const communicator& world, const communicator& reports,
               cohort::test::rank_failures& failures)
      : test_(test), world_(world), reports_(reports), failures_(failures) {}

 private:
  void TestBody() override {
    cohort::test::watchdog guard(std::string(test_.suite) + "." + test_.name,
                                 std::chrono::minutes(test_.needed.minutes));
    guard.watch(world_);
    test_.body(world_.dup());  // what a failed test leaves behind must not meet the next
    failures_.gather(reports_);
  }

  const ranked_test& test_;
  const communicator& world_;
  const communicator& reports_;
  cohort::test::rank_failures& failures_;
};

bool in_force(const char* setting) {
  const std::string_view text(setting);
  const auto equals = text.find('=');
  const char* value = std::getenv(std::string(text.substr(0, equals)).c_str());
  return value && text.substr(equals + 1) == value;
}

bool can_run(const ranked_test& test, const communicator& world, bool multiple) {
  return world.size() >= test.needed.ranks && (multiple || !test.needed.threads) &&
         (!test.needed.setting || in_force(test.needed.setting));
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  GTEST_FLAG_SET(catch_exceptions, false);
  const bool multiple = argc > 1 && std::string_view(argv[1]) == "--threads=multiple";
  const cohort::environment env(argc, argv,
                                multiple ? cohort::threading::multiple : cohort::threading::single);
  const communicator world;
  const communicator reports = world.dup();

  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (world.rank() != 0) delete listeners.Release(listeners.default_result_printer());
  auto* const failures = new cohort::test::rank_failures(world.rank());
  listeners.Append(failures);
  listeners.Append(new cohort::test::fatal_failures_throw);

  for (const ranked_test& test : cohort::test::ranked_tests()) {
    if (!can_run(test, world, multiple)) continue;
    testing::RegisterTest(test.suite, test.name, nullptr, nullptr, test.file, test.line,
                          [&, failures]() -> testing::Test* {
                            return new process_rank(test, world, reports, *failures);
                          });
  }
  const int result = RUN_ALL_TESTS();
  if (world.rank() != 0) return 0;  // its failures are rank 0's
  if (testing::UnitTest::GetInstance()->test_to_run_count() == 0) {
    std::fprintf(stderr, "no test fits the filter, these %d ranks and these settings\n",
                 world.size());
    return 1;
  }
  return result;
}
