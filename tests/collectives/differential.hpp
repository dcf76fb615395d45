// What two libraries are asked to do, and compared in: collective calls drawn from a seed, and what
// each rank gives to them. A program that is built against either library writes its results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace cohort::test::differential {

enum class operation : std::uint8_t {
  broadcast,
  scatter,
  gather,
  all_gather,
  all_to_all,
  reduce,
  all_reduce,
  reduce_scatter,
  scan,
  exscan,
};
inline constexpr std::uint32_t operations = 10;

enum class element : std::uint8_t { int_, long_, float_, double_ };
inline constexpr std::uint32_t elements = 4;

// The last three are for integers.
enum class combination : std::uint8_t { sum, least, greatest, bit_and, bit_or, bit_xor };

struct draw {
  operation what;
  element type;
  combination op;
  bool counted;  // blocks differ in length, where the operation has a form for that
  std::uint32_t root;
  int count;  // elements of a block
  std::uint32_t seed;
};

inline std::vector<draw> draws(std::uint32_t seed, int ranks) {
  constexpr int number_of_draws = 120;
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  std::vector<draw> list;
  for (int i = 0; i < number_of_draws; ++i) {
    draw d{};
    d.what = static_cast<operation>(below(operations));
    d.type = static_cast<element>(below(elements));
    const bool integers = d.type == element::int_ || d.type == element::long_;
    d.op = static_cast<combination>(below(integers ? 6 : 3));
    d.counted = below(2) == 0;
    d.root = below(static_cast<std::uint32_t>(ranks));
    // As many short blocks as medium and long ones.
    constexpr std::uint32_t longest[] = {4, 20, 2'000, 60'000};
    d.count = static_cast<int>(below(longest[below(4)] + 1));
    d.seed = static_cast<std::uint32_t>(random());
    list.push_back(d);
  }
  return list;
}

// Elements of the block that `from` has for `to`. Operations without such a pair have 0 for the
// other: what a rank gives to all, or to the root.
inline int block_length(const draw& d, int from, int to) {
  const bool differ = d.counted && d.what != operation::broadcast && d.what != operation::reduce &&
                      d.what != operation::all_reduce && d.what != operation::scan &&
                      d.what != operation::exscan;
  return differ ? d.count * ((from + 3 * to + static_cast<int>(d.seed % 5)) % 5) / 4 : d.count;
}

// Whether what a rank gives has a block for each rank.
inline bool gives_blocks(const draw& d) {
  return d.what == operation::scatter || d.what == operation::all_to_all ||
         d.what == operation::reduce_scatter;
}
// The lengths of the blocks that a rank gives, and gets.
inline std::vector<int> given_lengths(const draw& d, int rank, int ranks) {
  if (!gives_blocks(d)) return {block_length(d, rank, 0)};
  // Blocks that are combined have the same lengths on all ranks.
  const int from = d.what == operation::reduce_scatter ? 0 : rank;
  std::vector<int> lengths;
  for (int to = 0; to < ranks; ++to) lengths.push_back(block_length(d, from, to));
  return lengths;
}
inline std::vector<int> got_lengths(const draw& d, int rank, int ranks) {
  const int root = static_cast<int>(d.root);
  switch (d.what) {
    case operation::scatter:
      return {block_length(d, root, rank)};
    case operation::reduce_scatter:
      return {block_length(d, 0, rank)};
    case operation::gather:
      if (rank != root) return {};
      [[fallthrough]];
    case operation::all_gather:
    case operation::all_to_all: {
      std::vector<int> lengths;
      for (int from = 0; from < ranks; ++from) {
        lengths.push_back(block_length(d, from, d.what == operation::all_to_all ? rank : 0));
      }
      return lengths;
    }
    case operation::reduce:
      return rank == root ? std::vector<int>{d.count} : std::vector<int>();
    case operation::exscan:
      return rank != 0 ? std::vector<int>{d.count} : std::vector<int>();
    default:
      return {d.count};
  }
}

inline int total(const std::vector<int>& lengths) {
  int sum = 0;
  for (const int length : lengths) sum += length;
  return sum;
}
inline std::vector<int> places(const std::vector<int>& lengths) {
  std::vector<int> starts;
  int sum = 0;
  for (const int length : lengths) {
    starts.push_back(sum);
    sum += length;
  }
  return starts;
}

// What a rank gives: integers far from overflow when they are added, reals between 1/2 and 3/2, so
// that sums lose little.
template <class T>
std::vector<T> given(const draw& d, int rank, int ranks) {
  std::minstd_rand random(d.seed + static_cast<std::uint32_t>(rank) * 7919u);
  random.discard(4);
  std::vector<T> values(static_cast<std::size_t>(total(given_lengths(d, rank, ranks))));
  for (T& value : values) {
    const auto word = static_cast<int>(random() % 2'000'001);
    if constexpr (std::is_integral_v<T>)
      value = static_cast<T>(word - 1'000'000);
    else
      value = static_cast<T>(0.5) + static_cast<T>(word) / static_cast<T>(2'000'000);
  }
  return values;
}

// Where a rank's results are.
inline std::string result_file(const std::string& folder, const std::string& library, int rank) {
  return folder + "/" + library + "." + std::to_string(rank);
}

}  // namespace cohort::test::differential
