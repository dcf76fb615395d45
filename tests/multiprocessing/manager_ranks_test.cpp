// A manager of one rank that all ranks of the job use.
#include <cohort/cohort.hpp>
#include <cohort/multiprocessing/manager.hpp>

#include "support/ranked.hpp"

#include <optional>
#include <string>

namespace cohort::test {
namespace {

RANKED_TEST(manager_ranks, use_proxies_that_came_in_messages) {
  std::optional<manager> own;
  managed_map<int, std::string> names;
  managed_value<int> count;
  if (world.rank() == 0) {
    own.emplace();
    names = own->make_map<int, std::string>();
    count = own->make_value(0);
    for (int to = 1; to < world.size(); ++to) {
      world.send(to, 0, names);
      world.send(to, 0, count);
    }
  } else {
    names = world.recv<managed_map<int, std::string>>(0, 0);
    count = world.recv<managed_value<int>>(0, 0);
  }
  names[world.rank()] = "rank " + std::to_string(world.rank());
  for (int i = 0; i < 100; ++i) count.call<[](int& value) { ++value; }>();
  world.barrier();
  EXPECT_EQ(names.size(), static_cast<std::size_t>(world.size()));
  EXPECT_EQ(names.at(world.size() - 1), "rank " + std::to_string(world.size() - 1));
  EXPECT_EQ(count.get(), 100 * world.size());
  world.barrier();
}

}  // namespace
}  // namespace cohort::test
