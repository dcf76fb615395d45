// A rank that calls no collective and ends in good order: the others, which wait for it, are told.
#include <cohort/cohort.hpp>

#include "support/watchdog.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {
namespace {

struct waiting {
  const char* name;
  std::function<void(const communicator&)> call;
};

// In which every rank needs every other.
const std::vector<waiting>& calls() {
  static const std::vector<waiting> table{
      {"barrier", [](const communicator& c) { c.barrier(); }},
      {"all_reduce", [](const communicator& c) { all_reduce(c, 1, std::plus<>()); }},
      {"all_gather", [](const communicator& c) { all_gather(c, std::string("a")); }},
      {"all_to_all",
       [](const communicator& c) {
         const std::vector<double> out(static_cast<std::size_t>(c.size()) * 10'000);
         all_to_all(c, std::span(out));
       }},
      {"iall_reduce", [](const communicator& c) { iall_reduce(c, 1, std::plus<>()).get(); }},
      {"ibarrier", [](const communicator& c) { ibarrier(c).wait(); }},
  };
  return table;
}

TEST(misuse, a_rank_that_calls_nothing_and_ends) {
  for (const int ranks : {2, 3, 4, 7, 13}) {
    for (const int leaving : {0, ranks - 1}) {
      for (const waiting& each : calls()) {
        SCOPED_TRACE(std::string(each.name) + ", rank " + std::to_string(leaving) + " of " +
                     std::to_string(ranks) + " leaves");
        watchdog guard("misuse.a_rank_that_calls_nothing_and_ends", std::chrono::minutes(1));
        run_threads(ranks, [&](const communicator& world) {
          guard.watch(world);
          if (world.rank() == leaving) return;
          try {
            each.call(world);
            ADD_FAILURE() << "passed without rank " << leaving;
          } catch (const rank_failed& e) {
            EXPECT_EQ(e.peer(), leaving) << e.what();
          }
          EXPECT_THROW(world.barrier(), rank_failed);
          const communicator rest = world.shrink();
          EXPECT_EQ(all_reduce(rest, 1, std::plus<>()), ranks - 1);
        });
      }
    }
  }
}

}  // namespace
}  // namespace cohort::test
