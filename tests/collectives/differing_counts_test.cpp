// gatherv, all_gatherv, scatterv, all_to_allv and reduce_scatter with counts that differ by rank ×
// {lengths learned, lengths given, non-blocking} × elements as bytes and as archives × roots.
// Boost.MPI's overloads: boost_mpi_test.cpp.
#include "collectives/forms.hpp"
#include "support/ranked.hpp"

#include <cohort/collectives.hpp>

#include <span>
#include <string>
#include <vector>

namespace cohort::test {
namespace {

// Block `rank` has count_of(rank) items of that rank.
template <class T>
std::vector<std::vector<T>> blocks_of_all(int ranks) {
  std::vector<std::vector<T>> blocks;
  for (int rank = 0; rank < ranks; ++rank) blocks.push_back(items<T>(rank, 0, count_of(rank)));
  return blocks;
}

template <class T>
void gathers(const communicator& world, int root) {
  const std::vector<T> mine = items<T>(world.rank(), 0, count_of(world.rank()));
  const flat<T> everything(blocks_of_all<T>(world.size()));
  const flat<T> wanted = world.rank() == root ? everything : flat<T>();
  EXPECT_EQ(gatherv(world, std::span(mine), root), wanted);
  EXPECT_EQ(gatherv(world, mine, root), wanted);
  auto later = igatherv(world, std::span(mine), root);
  EXPECT_EQ(all_gatherv(world, std::span(mine)), everything);
  EXPECT_EQ(later.get(), wanted);
  EXPECT_EQ(all_gatherv(world, mine), everything);
  EXPECT_EQ(iall_gatherv(world, std::span(mine)).get(), everything);
}

template <class T>
void scatters(const communicator& world, int root) {
  const bool at_root = world.rank() == root;
  const flat<T> all = at_root ? flat<T>(blocks_of_all<T>(world.size())) : flat<T>();
  const std::vector<int> counts = at_root ? counts_of(world.size()) : std::vector<int>();
  const std::vector<T> wanted = items<T>(world.rank(), 0, count_of(world.rank()));
  EXPECT_EQ(scatterv(world, all, root), wanted);
  EXPECT_EQ(scatterv(world, std::span(all.values()), counts, root), wanted);
  auto of_flat = iscatterv(world, all, root);
  auto of_span = iscatterv(world, std::span(all.values()), counts, root);
  EXPECT_EQ(of_span.get(), wanted);
  EXPECT_EQ(of_flat.get(), wanted);
}

// Rank a has count_of(a + b) items for rank b.
template <class T>
std::vector<T> between(int from, int to) {
  return items<T>(from, 50 * to, count_of(from + to));
}

template <class T>
void all_to_alls(const communicator& world) {
  std::vector<std::vector<T>> out, in;
  std::vector<int> out_counts, in_counts;
  for (int peer = 0; peer < world.size(); ++peer) {
    out.push_back(between<T>(world.rank(), peer));
    in.push_back(between<T>(peer, world.rank()));
    out_counts.push_back(count_of(world.rank() + peer));
    in_counts.push_back(out_counts.back());
  }
  const flat<T> given(out);
  const flat<T> wanted(in);
  EXPECT_EQ(all_to_allv(world, given), wanted);
  EXPECT_EQ(all_to_allv(world, std::span(given.values()), out_counts), wanted);
  auto of_flat = iall_to_allv(world, given);
  auto of_span = iall_to_allv(world, std::span(given.values()), out_counts);
  EXPECT_EQ(of_span.get(), wanted);
  EXPECT_EQ(of_flat.get(), wanted);
  EXPECT_EQ(all_to_all(world, out), in);

  // With an unused element before each block.
  std::vector<int> displs;
  std::vector<T> room(1, item<T>(98));
  for (const auto& block : in) {
    displs.push_back(static_cast<int>(room.size()));
    room.resize(room.size() + block.size());
    room.push_back(item<T>(98));
  }
  std::vector<T> expected = room;
  for (std::size_t i = 0; i < in.size(); ++i) {
    std::copy(in[i].begin(), in[i].end(), expected.begin() + displs[i]);
  }
  all_to_allv(world, given.values().data(), out_counts, {}, room.data(), in_counts, displs);
  EXPECT_EQ(room, expected);
}

}  // namespace

RANKED_TEST(differing_counts, elements_that_are_bytes) {
  for (int root = 0; root < world.size(); ++root) {
    gathers<double>(world, root);
    scatters<double>(world, root);
  }
  all_to_alls<double>(world);
  all_to_alls<particle>(world);
}

RANKED_TEST(differing_counts, serialized_elements) {
  for (int root = 0; root < world.size(); ++root) {
    gathers<std::string>(world, root);
    scatters<std::string>(world, root);
  }
  all_to_alls<std::string>(world);
}

RANKED_TEST(differing_counts, reduce_scatter) {
  const std::vector<int> counts = counts_of(world.size());
  std::vector<long> all;
  std::vector<std::string> texts;
  std::vector<long> wanted;
  std::vector<std::string> wanted_texts;
  for (int rank = 0; rank < world.size(); ++rank) {
    for (int i = 0; i < count_of(rank); ++i) {
      all.push_back(1000 * world.rank() + 10 * rank + i);
      texts.push_back(std::to_string(all.back()) + ",");
      if (rank != world.rank()) continue;
      wanted.push_back(0);
      wanted_texts.emplace_back();
      for (int giver = 0; giver < world.size(); ++giver) {
        const long one = 1000 * giver + 10 * rank + i;
        wanted.back() += one;
        wanted_texts.back() += std::to_string(one) + ",";
      }
    }
  }
  EXPECT_EQ(reduce_scatter(world, std::span(all), counts, std::plus<>()), wanted);
  EXPECT_EQ(reduce_scatter(world, std::span(texts), counts, std::plus<>()), wanted_texts);
  auto later = ireduce_scatter(world, std::span(all), counts, std::plus<>());
  auto texts_later = ireduce_scatter(world, std::span(texts), counts, std::plus<>());
  EXPECT_EQ(texts_later.get(), wanted_texts);
  EXPECT_EQ(later.get(), wanted);
}

RANKED_TEST(differing_counts, flat_blocks) {
  flat<int> blocks({1, 2, 3, 4}, {3, 0, 1});
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].size(), 3u);
  EXPECT_EQ(blocks.count(1), 0u);
  EXPECT_EQ(blocks[2][0], 4);
  EXPECT_EQ(blocks.offsets(), (std::vector<std::size_t>{0, 3, 3, 4}));
  blocks[2][0] = 5;
  EXPECT_EQ(blocks, (flat<int>(std::vector<std::vector<int>>{{1, 2, 3}, {}, {5}})));
  EXPECT_THROW(flat<int>({1, 2}, {1}), argument_error);
  EXPECT_EQ(std::move(blocks).values().size(), 4u);
}

}  // namespace cohort::test
