// The choice of algorithms: the table always has an answer that can do what is asked for, and
// COHORT_COLLECTIVES has its way where it can.
#include "collectives/selection.hpp"

#include <cohort/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace cohort::collectives {
namespace {

using detail::collective;

collective operation_of(std::size_t index) {
  return static_cast<collective>(index);
}

TEST(algorithm_names, are_found_and_unique) {
  ASSERT_EQ(operation_names().size(), operation_count);
  for (std::size_t i = 0; i < operation_count; ++i) {
    EXPECT_EQ(find_operation(operation_names()[i]), operation_of(i));
    EXPECT_EQ(name_of(operation_of(i)), operation_names()[i]);
    std::set<std::string_view> names;
    for (const algorithm& each : algorithms_of(operation_of(i))) {
      EXPECT_EQ(each.operation, operation_of(i));
      EXPECT_TRUE(names.insert(each.name).second) << each.name;
      EXPECT_EQ(find_algorithm(each.operation, each.name), &each);
      EXPECT_FALSE(each.summary.empty());
      EXPECT_NE(each.plan == nullptr, each.run == nullptr) << each.name << " is of both kinds";
    }
    EXPECT_FALSE(names.empty());
  }
  EXPECT_EQ(find_operation("bradcost"), std::nullopt);
  EXPECT_EQ(find_algorithm(collective::broadcast, "ring"), nullptr);
  EXPECT_EQ(algorithms().size(), message_algorithms().size() + arena_algorithms().size());
}

TEST(selection_rows, name_algorithms_that_exist) {
  for (const selection_row& row : selection_table()) {
    EXPECT_NE(find_algorithm(row.operation, row.algorithm), nullptr)
        << name_of(row.operation) << " " << row.algorithm;
    EXPECT_LE(row.from_bytes, row.to_bytes);
    EXPECT_LE(row.from_ranks, row.to_ranks);
  }
}

// Every combination of what a request can say, with sizes and numbers of ranks around each limit.
std::vector<choice_request> all_requests() {
  std::set<std::uint64_t> sizes{0, 1, 8, 1024, std::uint64_t{1} << 30};
  std::set<int> ranks{1, 2, 3, 4, 7, 8, 32, 1000};
  for (const selection_row& row : selection_table()) {
    for (const std::uint64_t limit : {row.from_bytes, row.to_bytes}) {
      if (limit != any_bytes) sizes.insert({limit, limit + 1, limit - (limit > 0 ? 1 : 0)});
    }
  }
  std::vector<choice_request> requests;
  for (std::size_t operation = 0; operation < operation_count; ++operation) {
    for (const int n : ranks) {
      for (const std::uint64_t bytes : sizes) {
        for (unsigned flags = 0; flags < 32; ++flags) {
          requests.push_back({.operation = operation_of(operation),
                              .ranks = n,
                              .block_bytes = bytes,
                              .uniform = (flags & 1) != 0,
                              .all_on_one_host = (flags & 2) != 0,
                              .commutative = (flags & 4) != 0,
                              .packed = (flags & 8) != 0,
                              .non_blocking = (flags & 16) != 0});
        }
      }
    }
  }
  return requests;
}

TEST(choice, is_always_one_that_can_do_it) {
  const selection by_table;
  for (const choice_request& request : all_requests()) {
    const algorithm& chosen = by_table.choose(request);
    ASSERT_EQ(chosen.operation, request.operation);
    ASSERT_TRUE(applicable(chosen, request)) << name_of(request.operation) << " " << chosen.name;
  }
}

// Each rank knows its own sizes only, so where they are not known to all they must not count.
TEST(choice, does_not_look_at_sizes_that_not_all_ranks_know) {
  const selection by_table;
  for (choice_request request : all_requests()) {
    if (request.uniform) continue;
    const algorithm& chosen = by_table.choose(request);
    request.block_bytes = request.block_bytes * 2 + 100;
    ASSERT_EQ(&by_table.choose(request), &chosen);
  }
}

TEST(choice, goes_by_size_between_hosts) {
  const selection by_table;
  const auto chosen = [&](collective operation, std::uint64_t bytes) {
    return by_table
        .choose(
            {.operation = operation, .ranks = 16, .block_bytes = bytes, .all_on_one_host = false})
        .name;
  };
  EXPECT_EQ(chosen(collective::broadcast, 8), "binomial");
  EXPECT_EQ(chosen(collective::broadcast, 1 << 20), "scatter_all_gather");
  EXPECT_EQ(chosen(collective::all_reduce, 8), "recursive_doubling");
  EXPECT_EQ(chosen(collective::all_reduce, 1 << 20), "rabenseifner");
  EXPECT_EQ(chosen(collective::all_to_all, 8), "bruck");
  EXPECT_EQ(chosen(collective::all_to_all, 1 << 20), "pairwise");
}

TEST(choice, of_blocks_by_rank_counts_them_all) {
  EXPECT_EQ(bytes_given({.operation = collective::scatter, .ranks = 3, .block_bytes = 8}), 24U);
  EXPECT_EQ(bytes_given({.operation = collective::gather, .ranks = 3, .block_bytes = 8}), 8U);
}

TEST(forced_algorithms, are_chosen_wherever_they_can_do_it) {
  for (const algorithm& forced : algorithms()) {
    const std::string setting =
        std::string(name_of(forced.operation)) + "=" + std::string(forced.name);
    SCOPED_TRACE(setting);
    const selection by_name(setting);
    const selection by_table;
    bool ever = false;
    for (const choice_request& request : all_requests()) {
      const bool can = request.operation == forced.operation && applicable(forced, request);
      ever |= can;
      ASSERT_EQ(&by_name.choose(request), can ? &forced : &by_table.choose(request));
    }
    EXPECT_TRUE(ever);
  }
}

TEST(forced_algorithms, can_be_several) {
  const selection by_name("broadcast=linear,all_reduce=ring");
  EXPECT_EQ(by_name.choose({.operation = collective::broadcast}).name, "linear");
  EXPECT_EQ(by_name.choose({.operation = collective::all_reduce}).name, "ring");
}

TEST(forced_algorithms, step_back_where_they_would_be_wrong) {
  const selection by_name("broadcast=pipeline,all_reduce=ring");
  EXPECT_NE(by_name.choose({.operation = collective::broadcast, .uniform = false}).name,
            "pipeline");
  EXPECT_NE(by_name.choose({.operation = collective::all_reduce, .commutative = false}).name,
            "ring");
  EXPECT_NE(by_name.choose({.operation = collective::all_reduce, .packed = true}).name, "ring");
}

std::string refusal(std::string_view setting) {
  try {
    selection{setting};
  } catch (const setting_error& e) {
    return e.what();
  }
  return "";
}

TEST(forced_algorithms, unknown_names_are_answered_with_the_known_ones) {
  const auto says = [](std::string_view setting, std::string_view text) {
    const std::string why = refusal(setting);
    return why.find("COHORT_COLLECTIVES=" + std::string(setting)) != std::string::npos &&
           why.find(text) != std::string::npos;
  };
  EXPECT_TRUE(says("bradcost=binomial", "no operation bradcost; it takes barrier, broadcast,"));
  EXPECT_TRUE(says("scan=oak", "scan has no algorithm oak; it takes "));
  EXPECT_TRUE(says("scan=oak", "linear, recursive_doubling"));
  EXPECT_TRUE(says("scan", "it takes operation=algorithm"));
  EXPECT_TRUE(says("scan=linear,,", "it takes operation=algorithm"));
  EXPECT_EQ(refusal(""), "");
  EXPECT_EQ(refusal("scan=linear"), "");
}

}  // namespace
}  // namespace cohort::collectives
