// reduce, all_reduce, reduce_scatter, scan and exscan × {value, span, in place, non-blocking} ×
// {numbers, objects} × {commutative, not} × roots × lengths, against a fold in rank order.
#include "collectives/forms.hpp"
#include "support/ranked.hpp"

#include <cohort/collectives.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

// Numbers whose sums are exact, so that no association can differ from the fold.
template <class T>
T operand(int rank, int index) {
  if constexpr (std::is_arithmetic_v<T>)
    return static_cast<T>((rank * 31 + index * 7) % 101);
  else
    return item<T>(rank, index);
}

template <class T>
std::vector<T> operands(int rank, int first, int count) {
  std::vector<T> list;
  for (int i = 0; i < count; ++i) list.push_back(operand<T>(rank, first + i));
  return list;
}

// Ranks first to last - 1, in their order.
template <class T, class Op>
T folded(int first, int last, int index, Op op) {
  T result = operand<T>(first, index);
  for (int rank = first + 1; rank < last; ++rank) {
    result = static_cast<T>(op(result, operand<T>(rank, index)));
  }
  return result;
}
template <class T, class Op>
std::vector<T> all_folded(int first, int last, int from, int count, Op op) {
  std::vector<T> list;
  for (int i = from; first < last && i < from + count; ++i) {
    list.push_back(folded<T>(first, last, i, op));
  }
  return list;
}

// An affine map x → a x + b modulo a prime: composition is associative and does not commute.
struct affine {
  unsigned a = 1;
  unsigned b = 0;
  bool operator==(const affine&) const = default;
};
struct then {
  affine operator()(const affine& first, const affine& second) const {
    constexpr unsigned prime = 65521;
    return {first.a * second.a % prime, (first.b * second.a + second.b) % prime};
  }
};

template <class T, class Op>
class reductions {
 public:
  reductions(const communicator& world, Op op)
      : world_(world), rank_(world.rank()), size_(world.size()), op_(op) {}

  void values() const {
    const T mine = operand<T>(rank_, 0);
    const T total = folded<T>(0, size_, 0, op_);
    const T up_to_me = folded<T>(0, rank_ + 1, 0, op_);
    const std::optional<T> before = rank_ == 0 ? std::optional<T>() : folded<T>(0, rank_, 0, op_);

    EXPECT_EQ(all_reduce(world_, mine, op_), total);
    EXPECT_EQ(scan(world_, mine, op_), up_to_me);
    EXPECT_EQ(exscan(world_, mine, op_), before);
    auto later = iall_reduce(world_, mine, op_);
    auto scanned = iscan(world_, T(mine), op_);
    auto earlier = iexscan(world_, mine, op_);
    EXPECT_EQ(earlier.get(), before);
    EXPECT_EQ(scanned.get(), up_to_me);
    EXPECT_EQ(later.get(), total);

    T into = operand<T>(99, 9);
    const T untouched = into;
    all_reduce(world_, mine, into, op_);
    EXPECT_EQ(into, total);
    into = untouched;
    scan(world_, mine, into, op_);
    EXPECT_EQ(into, up_to_me);
    into = untouched;
    exscan(world_, mine, into, op_);
    EXPECT_EQ(into, before.value_or(untouched));

    T here = mine;
    all_reduce(world_, inplace(here), op_);
    EXPECT_EQ(here, total);
    here = mine;
    scan(world_, inplace(here), op_);
    EXPECT_EQ(here, up_to_me);
    here = mine;
    exscan(world_, inplace(here), op_);
    EXPECT_EQ(here, before.value_or(mine));
    here = mine;
    iall_reduce(world_, inplace(here), op_).wait();
    EXPECT_EQ(here, total);

    const std::vector<T> one_each = operands<T>(rank_, 0, size_);
    EXPECT_EQ(reduce_scatter(world_, one_each, op_), folded<T>(0, size_, rank_, op_));
    EXPECT_EQ(ireduce_scatter(world_, one_each, op_).get(), folded<T>(0, size_, rank_, op_));
    for (int root = 0; root < size_; ++root) rooted_values(root);
  }

  void elements(int count) const {
    const std::vector<T> mine = operands<T>(rank_, 0, count);
    const std::vector<T> total = all_folded<T>(0, size_, 0, count, op_);
    const std::vector<T> up_to_me = all_folded<T>(0, rank_ + 1, 0, count, op_);
    const std::vector<T> before = all_folded<T>(0, rank_, 0, count, op_);

    EXPECT_EQ(all_reduce(world_, std::span(mine), op_), total);
    EXPECT_EQ(scan(world_, std::span(mine), op_), up_to_me);
    EXPECT_EQ(exscan(world_, std::span(mine), op_), before);
    auto later = iall_reduce(world_, std::span(mine), op_);
    auto scanned = iscan(world_, std::span(mine), op_);
    auto earlier = iexscan(world_, std::span(mine), op_);
    EXPECT_EQ(earlier.get(), before);
    EXPECT_EQ(scanned.get(), up_to_me);
    EXPECT_EQ(later.get(), total);

    const std::vector<T> untouched = operands<T>(99, 9, count);
    const std::vector<T>& in_front = rank_ == 0 ? untouched : before;
    std::vector<T> into = untouched;
    all_reduce(world_, std::span(mine), std::span(into), op_);
    EXPECT_EQ(into, total);
    into = untouched;
    scan(world_, std::span(mine), std::span(into), op_);
    EXPECT_EQ(into, up_to_me);
    into = untouched;
    exscan(world_, std::span(mine), std::span(into), op_);
    EXPECT_EQ(into, in_front);
    into = untouched;
    iall_reduce(world_, std::span(mine), std::span(into), op_).wait();
    EXPECT_EQ(into, total);

    std::vector<T> here = mine;
    all_reduce(world_, inplace(std::span(here)), op_);
    EXPECT_EQ(here, total);
    here = mine;
    scan(world_, inplace(std::span(here)), op_);
    EXPECT_EQ(here, up_to_me);
    here = mine;
    iexscan(world_, inplace(std::span(here)), op_).wait();
    EXPECT_EQ(here, rank_ == 0 ? mine : before);

    scattered(count);
    for (int root = 0; root < size_; ++root) rooted_elements(root, count);
  }

 private:
  void rooted_values(int root) const {
    const bool at_root = rank_ == root;
    const T mine = operand<T>(rank_, 0);
    const T total = folded<T>(0, size_, 0, op_);
    const auto wanted = at_root ? std::optional<T>(total) : std::nullopt;
    EXPECT_EQ(reduce(world_, mine, op_, root), wanted);
    EXPECT_EQ(ireduce(world_, mine, op_, root).get(), wanted);
    T into = mine;
    reduce(world_, mine, into, op_, root);
    EXPECT_EQ(into, at_root ? total : mine);
    into = mine;
    reduce(world_, inplace(into), op_, root);
    EXPECT_EQ(into, at_root ? total : mine);
    into = mine;
    ireduce(world_, inplace(into), op_, root).wait();
    EXPECT_EQ(into, at_root ? total : mine);
  }

  void rooted_elements(int root, int count) const {
    const bool at_root = rank_ == root;
    const std::vector<T> mine = operands<T>(rank_, 0, count);
    const std::vector<T> total = all_folded<T>(0, size_, 0, count, op_);
    const std::vector<T> wanted = at_root ? total : std::vector<T>();
    EXPECT_EQ(reduce(world_, std::span(mine), op_, root), wanted);
    EXPECT_EQ(reduce(world_, mine.data(), count, op_, root), wanted);
    std::vector<T> into(wanted.size());
    reduce(world_, std::span(mine), std::span(into), op_, root);
    EXPECT_EQ(into, wanted);
    into.assign(into.size(), T());
    ireduce(world_, std::span(mine), std::span(into), op_, root).wait();
    EXPECT_EQ(into, wanted);
    std::vector<T> here = mine;
    reduce(world_, inplace(std::span(here)), op_, root);
    EXPECT_EQ(here, at_root ? total : mine);
  }

  void scattered(int count) const {
    const std::vector<T> all = operands<T>(rank_, 0, count * size_);
    const std::vector<T> wanted = all_folded<T>(0, size_, rank_ * count, count, op_);
    EXPECT_EQ(reduce_scatter(world_, std::span(all), op_), wanted);
    auto later = ireduce_scatter(world_, std::span(all), op_);
    std::vector<T> into(length(count));
    reduce_scatter(world_, std::span(all), std::span(into), op_);
    EXPECT_EQ(into, wanted);
    EXPECT_EQ(later.get(), wanted);
    into.assign(into.size(), T());
    ireduce_scatter(world_, std::span(all), std::span(into), op_).wait();
    EXPECT_EQ(into, wanted);
    std::vector<T> here = all;
    std::vector<T> result = all;
    std::copy(wanted.begin(), wanted.end(), result.begin() + rank_ * count);
    reduce_scatter(world_, inplace(here), op_);
    EXPECT_EQ(here, result);
    here = all;
    ireduce_scatter(world_, inplace(here), op_).wait();
    EXPECT_EQ(here, result);
  }

  const communicator& world_;
  const int rank_;
  const int size_;
  const Op op_;
};

template <class T, class Op>
void everything(const communicator& world, std::span<const int> counts, Op op) {
  const reductions<T, Op> forms(world, op);
  forms.values();
  for (const int count : fitting(world, counts)) forms.elements(count);
}

using basket = std::map<std::string, int>;

}  // namespace

}  // namespace cohort::test

COHORT_IS_MPI_DATATYPE(cohort::test::affine)

namespace cohort::test {
namespace {

template <>
affine operand<affine>(int rank, int index) {
  return {mixed(static_cast<std::uint32_t>(rank * 64 + index)) % 65520 + 1,
          mixed(static_cast<std::uint32_t>(rank * 64 + index) + 1) % 65521};
}

template <>
basket operand<basket>(int rank, int index) {
  return {{std::to_string(rank % 3), 1}, {std::to_string(index), rank}};
}

}  // namespace

RANKED_TEST(reduction_forms, sums_of_numbers) {
  everything<int>(world, element_counts, std::plus<>());
  everything<double>(world, element_counts, std::plus<double>());
  everything<std::int8_t>(world, object_counts, std::plus<>());
}

RANKED_TEST(reduction_forms, extremes) {
  everything<float>(world, object_counts, maximum<>());
  everything<long long>(world, object_counts, minimum<long long>());
}

RANKED_TEST(reduction_forms, operators_with_state) {
  const int modulus = 90 + world.size();
  everything<int>(world, object_counts, [modulus](int x, int y) { return (x + y) % modulus; });
  everything<int>(world, object_counts,
                  commutative([modulus](int x, int y) { return (x + y) % modulus; }));
}

RANKED_TEST(reduction_forms, operators_that_do_not_commute) {
  everything<affine>(world, element_counts, then());
}

RANKED_TEST(reduction_forms, strings_keep_the_order_of_the_ranks) {
  everything<std::string>(world, object_counts, std::plus<>());
}

RANKED_TEST(reduction_forms, objects) {
  const auto merge = [](basket x, const basket& y) {
    for (const auto& [key, count] : y) x[key] += count;
    return x;
  };
  everything<basket>(world, object_counts, merge);
  everything<basket>(world, object_counts, commutative(merge));
}

RANKED_TEST(reduction_forms, a_container_as_one_value) {
  const auto longer = [](const std::vector<int>& x, const std::vector<int>& y) {
    return x.size() < y.size() ? y : x;
  };
  const std::vector<int> mine(length(world.rank() + 1), world.rank());
  const std::vector<int> longest = all_reduce(world, mine, longer);
  EXPECT_EQ(longest, std::vector<int>(length(world.size()), world.size() - 1));
}

}  // namespace cohort::test
