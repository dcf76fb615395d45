// Placement of ranks on the cores of this machine, whatever they are.
#include "launcher/binding.hpp"

#include "launcher/topology.hpp"

#include <gtest/gtest.h>

#include <set>

namespace cohort::launcher {
namespace {

binding_options to_core(mapping order, std::uint32_t cores_per_rank = 1) {
  binding_options options;
  options.to_core = true;
  options.order = order;
  options.cores_per_rank = cores_per_rank;
  return options;
}

TEST(topology, every_processor_is_in_one_core) {
  std::set<std::uint32_t> seen;
  for (const core& each : usable_cores()) {
    EXPECT_FALSE(each.processors.empty());
    for (const std::uint32_t processor : each.processors)
      EXPECT_TRUE(seen.insert(processor).second);
  }
  EXPECT_FALSE(seen.empty());
}

TEST(topology, lists_read_like_the_kernels) {
  EXPECT_EQ(list_text({}), "");
  EXPECT_EQ(list_text({5}), "5");
  EXPECT_EQ(list_text({0, 1, 2, 3, 8, 10, 11}), "0-3,8,10,11");
}

TEST(binding, none_by_default) {
  for (const placement& where : place_ranks(binding_options(), 5)) {
    EXPECT_TRUE(where.processors.empty());
  }
}

TEST(binding, every_core_is_taken_before_one_is_taken_twice) {
  const auto cores = static_cast<std::uint32_t>(usable_cores().size());
  for (const mapping order : {mapping::consecutive, mapping::by_socket, mapping::by_numa_node}) {
    std::multiset<std::uint32_t> taken;
    for (const placement& where : place_ranks(to_core(order), 2 * cores)) {
      ASSERT_EQ(where.cores.size(), 1U);
      taken.insert(where.cores.begin(), where.cores.end());
    }
    for (std::uint32_t i = 0; i < cores; ++i) EXPECT_EQ(taken.count(i), 2U);
  }
}

TEST(binding, several_cores_per_rank) {
  const auto cores = static_cast<std::uint32_t>(usable_cores().size());
  for (const placement& where : place_ranks(to_core(mapping::by_socket, cores), 3)) {
    EXPECT_EQ(where.cores.size(), cores);
  }
  EXPECT_THROW(place_ranks(to_core(mapping::consecutive, cores + 1), 1), usage_problem);
}

TEST(binding, processors_are_those_that_all_ranks_may_use_together) {
  placement first, second;
  first.processors = {0, 4};
  second.processors = {1, 4};
  EXPECT_EQ(processors_of({first, second}, 8), 3U);
  EXPECT_EQ(processors_of({first, first, first}, 8), 2U);
  EXPECT_EQ(processors_of({first, second}, 2), 2U);  // no more than the CPU quota
  EXPECT_EQ(processors_of({placement(), placement()}, 8), 8U);
}

}  // namespace
}  // namespace cohort::launcher
