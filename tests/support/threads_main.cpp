// The main of ranked tests whose ranks are threads of this process: each test once for each rank
// count, as suite.name/ranks.
#include "support/fatal_failures.hpp"
#include "support/ranked.hpp"
#include "support/watchdog.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>

namespace {

using cohort::communicator;
using cohort::test::ranked_test;

constexpr int rank_counts[] = {COHORT_TEST_RANKS};

// A setting while a job is made. The variable is as before afterwards.
class setting_in_force {
 public:
  explicit setting_in_force(const char* setting) {
    if (!setting) return;
    const std::string text(setting);
    name_ = text.substr(0, text.find('='));
    if (const char* value = std::getenv(name_.c_str())) before_ = value;
    ::setenv(name_.c_str(), text.substr(name_.size() + 1).c_str(), 1);
  }
  ~setting_in_force() {
    if (name_.empty()) return;
    if (before_)
      ::setenv(name_.c_str(), before_->c_str(), 1);
    else
      ::unsetenv(name_.c_str());
  }
  setting_in_force(const setting_in_force&) = delete;
  setting_in_force& operator=(const setting_in_force&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

class thread_ranks : public testing::Test {
 public:
  thread_ranks(const ranked_test& test, int ranks) : test_(test), ranks_(ranks) {}

 private:
  void TestBody() override {
    const setting_in_force setting(test_.needed.setting);
    cohort::test::watchdog guard(
        std::string(test_.suite) + "." + test_.name + "/" + std::to_string(ranks_),
        std::chrono::minutes(test_.needed.minutes));
    try {
      cohort::run_threads(ranks_, [&](const communicator& world) {
        SCOPED_TRACE("rank " + std::to_string(world.rank()) + " of " + std::to_string(ranks_));
        guard.watch(world);
        test_.body(world);
      });
    } catch (const testing::AssertionException&) {
      // The failure has been reported.
    } catch (const std::exception& e) {
      ADD_FAILURE() << "a rank threw: " << e.what();
    }
  }

  const ranked_test& test_;
  const int ranks_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new cohort::test::fatal_failures_throw);
  for (const ranked_test& test : cohort::test::ranked_tests()) {
    if (test.needed.threads) continue;  // these ranks have one thread each
    for (const int ranks : rank_counts) {
      if (ranks < test.needed.ranks) continue;
      const std::string name = std::string(test.name) + "/" + std::to_string(ranks);
      testing::RegisterTest(
          test.suite, name.c_str(), nullptr, nullptr, test.file, test.line,
          [&test, ranks]() -> testing::Test* { return new thread_ranks(test, ranks); });
    }
  }
  const int result = RUN_ALL_TESTS();
  if (testing::UnitTest::GetInstance()->test_to_run_count() == 0) {
    std::fprintf(stderr, "no test fits the filter\n");
    return 1;
  }
  return result;
}
