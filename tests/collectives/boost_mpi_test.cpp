// A program written for Boost.MPI compiles and means the same with `boost::mpi` replaced by
// `cohort`: every overload of boost/mpi/collectives.hpp and of the v-forms' headers, on numbers and
// on objects.
#include "support/ranked.hpp"

#include <cohort/collectives.hpp>
#include <cohort/operators.hpp>

#include <boost/mpl/bool.hpp>
#include <boost/serialization/string.hpp>

#include <functional>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

namespace mpi = cohort;  // the one line that differs

namespace cohort::test {
struct join {
  std::string operator()(const std::string& x, const std::string& y) const { return x + y; }
};
struct sum_of {
  int operator()(int x, int y) const { return x + y; }
};
}  // namespace cohort::test

template <>
struct cohort::is_commutative<cohort::test::sum_of, int> : boost::mpl::true_ {};

namespace cohort::test {
namespace {

template <class T>
T item(int number);
template <>
int item<int>(int number) {
  return 100 + 7 * number;
}
template <>
std::string item<std::string>(int number) {
  return std::string(static_cast<std::size_t>(number % 40), 'x') + std::to_string(number);
}

template <class T>
std::vector<T> items(int first, int count) {
  std::vector<T> list;
  for (int i = 0; i < count; ++i) list.push_back(item<T>(first + i));
  return list;
}

template <class T>
class boost_program {
 public:
  boost_program(const mpi::communicator& world, int root)
      : world_(world), rank_(world.rank()), size_(world.size()), root_(root) {}

  void run() const {
    broadcasts();
    gathers();
    all_gathers();
    scatters();
    all_to_alls();
    gathers_of_differing_counts();
    all_gathers_of_differing_counts();
    scatters_of_differing_counts();
  }

 private:
  bool at_root() const { return rank_ == root_; }

  void broadcasts() const {
    T value = at_root() ? item<T>(5) : T();
    mpi::broadcast(world_, value, root_);
    EXPECT_EQ(value, item<T>(5));
    std::vector<T> values = at_root() ? items<T>(3, 4) : std::vector<T>(4);
    mpi::broadcast(world_, values.data(), 4, root_);
    EXPECT_EQ(values, items<T>(3, 4));
  }

  void gathers() const {
    std::vector<T> all;
    mpi::gather(world_, item<T>(rank_), all, root_);
    if (at_root()) {
      EXPECT_EQ(all, items<T>(0, size_));
      std::vector<T> room(static_cast<std::size_t>(size_));
      mpi::gather(world_, item<T>(rank_), room.data(), root_);
      EXPECT_EQ(room, items<T>(0, size_));
    } else {
      EXPECT_TRUE(all.empty());
      mpi::gather(world_, item<T>(rank_), root_);
    }
    const std::vector<T> two = items<T>(2 * rank_, 2);
    if (at_root()) {
      mpi::gather(world_, two.data(), 2, all, root_);
      EXPECT_EQ(all, items<T>(0, 2 * size_));
      std::vector<T> room(static_cast<std::size_t>(2 * size_));
      mpi::gather(world_, two.data(), 2, room.data(), root_);
      EXPECT_EQ(room, items<T>(0, 2 * size_));
    } else {
      mpi::gather(world_, two.data(), 2, root_);
      mpi::gather(world_, two.data(), 2, root_);
    }
  }

  void all_gathers() const {
    std::vector<T> all;
    mpi::all_gather(world_, item<T>(rank_), all);
    EXPECT_EQ(all, items<T>(0, size_));
    std::vector<T> room(static_cast<std::size_t>(size_));
    mpi::all_gather(world_, item<T>(rank_), room.data());
    EXPECT_EQ(room, items<T>(0, size_));
    const std::vector<T> two = items<T>(2 * rank_, 2);
    mpi::all_gather(world_, two.data(), 2, all);
    EXPECT_EQ(all, items<T>(0, 2 * size_));
    room.assign(static_cast<std::size_t>(2 * size_), T());
    mpi::all_gather(world_, two.data(), 2, room.data());
    EXPECT_EQ(room, items<T>(0, 2 * size_));
  }

  void scatters() const {
    const std::vector<T> all = items<T>(0, size_);
    const std::vector<T> pairs = items<T>(0, 2 * size_);
    T value{};
    std::vector<T> two(2);
    mpi::scatter(world_, all, value, root_);
    EXPECT_EQ(value, item<T>(rank_));
    value = T();
    mpi::scatter(world_, all.data(), value, root_);
    EXPECT_EQ(value, item<T>(rank_));
    mpi::scatter(world_, pairs, two.data(), 2, root_);
    EXPECT_EQ(two, items<T>(2 * rank_, 2));
    two.assign(2, T());
    mpi::scatter(world_, pairs.data(), two.data(), 2, root_);
    EXPECT_EQ(two, items<T>(2 * rank_, 2));
    value = T();
    two.assign(2, T());
    if (at_root()) {
      mpi::scatter(world_, all, value, root_);
      mpi::scatter(world_, pairs, two.data(), 2, root_);
    } else {
      mpi::scatter(world_, value, root_);
      mpi::scatter(world_, two.data(), 2, root_);
    }
    EXPECT_EQ(value, item<T>(rank_));
    EXPECT_EQ(two, items<T>(2 * rank_, 2));
  }

  void all_to_alls() const {
    std::vector<T> out, in, expected;
    for (int peer = 0; peer < size_; ++peer) {
      for (int i = 0; i < 2; ++i) {
        out.push_back(item<T>(rank_ * 20 + peer * 2 + i));
        expected.push_back(item<T>(peer * 20 + rank_ * 2 + i));
      }
    }
    mpi::all_to_all(world_, out, 2, in);
    EXPECT_EQ(in, expected);
    in.assign(in.size(), T());
    mpi::all_to_all(world_, out.data(), 2, in.data());
    EXPECT_EQ(in, expected);

    out.clear();
    expected.clear();
    for (int peer = 0; peer < size_; ++peer) {
      out.push_back(item<T>(rank_ * 20 + peer));
      expected.push_back(item<T>(peer * 20 + rank_));
    }
    mpi::all_to_all(world_, out, in);
    EXPECT_EQ(in, expected);
    in.assign(in.size(), T());
    mpi::all_to_all(world_, out.data(), in.data());
    EXPECT_EQ(in, expected);
  }

  // Rank r has r + 1 elements: 10 r, 10 r + 1, …
  std::vector<int> sizes() const {
    std::vector<int> list(static_cast<std::size_t>(size_));
    std::iota(list.begin(), list.end(), 1);
    return list;
  }
  // With an element between the blocks that belongs to nobody.
  std::vector<int> displs() const {
    std::vector<int> list;
    int next = 1;
    for (const int size : sizes()) {
      list.push_back(next);
      next += size + 1;
    }
    return list;
  }
  std::vector<T> mine() const { return items<T>(10 * rank_, rank_ + 1); }
  std::vector<T> together(bool gaps) const {
    std::vector<T> all;
    for (int rank = 0; rank < size_; ++rank) {
      if (gaps) all.push_back(T());
      for (const T& one : items<T>(10 * rank, rank + 1)) all.push_back(one);
    }
    return all;
  }

  void gathers_of_differing_counts() const {
    const std::vector<T> in = mine();
    const int count = static_cast<int>(in.size());
    if (!at_root()) {
      mpi::gatherv(world_, in, root_);
      mpi::gatherv(world_, in.data(), count, root_);
      mpi::gatherv(world_, in, root_);
      mpi::gatherv(world_, in.data(), count, root_);
      return;
    }
    std::vector<T> all(together(true).size());
    mpi::gatherv(world_, in, all.data(), sizes(), displs(), root_);
    EXPECT_EQ(all, together(true));
    all.assign(all.size(), T());
    mpi::gatherv(world_, in.data(), count, all.data(), sizes(), displs(), root_);
    EXPECT_EQ(all, together(true));
    all.assign(together(false).size(), T());
    mpi::gatherv(world_, in.data(), count, all.data(), sizes(), root_);
    EXPECT_EQ(all, together(false));
    all.assign(all.size(), T());
    mpi::gatherv(world_, in, all.data(), sizes(), root_);
    EXPECT_EQ(all, together(false));
  }

  void all_gathers_of_differing_counts() const {
    const std::vector<T> in = mine();
    std::vector<T> all(together(false).size());
    mpi::all_gatherv(world_, in.data(), all.data(), sizes());
    EXPECT_EQ(all, together(false));
    all.clear();
    mpi::all_gatherv(world_, in, all, sizes());
    EXPECT_EQ(all, together(false));
    all.assign(together(true).size(), T());
    mpi::all_gatherv(world_, in.data(), all.data(), sizes(), displs());
    EXPECT_EQ(all, together(true));
    all.clear();
    mpi::all_gatherv(world_, in, all, sizes(), displs());
    EXPECT_EQ(all, together(true));

    const std::vector<int> ones(static_cast<std::size_t>(size_), 1);
    std::vector<int> in_order(static_cast<std::size_t>(size_));
    std::iota(in_order.begin(), in_order.end(), 0);
    all.assign(static_cast<std::size_t>(size_), T());
    mpi::all_gatherv(world_, item<T>(rank_), all.data(), ones);
    EXPECT_EQ(all, items<T>(0, size_));
    all.assign(all.size(), T());
    mpi::all_gatherv(world_, item<T>(rank_), all.data(), ones, in_order);
    EXPECT_EQ(all, items<T>(0, size_));
  }

  void scatters_of_differing_counts() const {
    const int count = rank_ + 1;
    std::vector<T> out(static_cast<std::size_t>(count));
    const auto check = [&] {
      EXPECT_EQ(out, mine());
      out.assign(out.size(), T());
    };
    mpi::scatterv(world_, together(true), sizes(), displs(), out.data(), count, root_);
    check();
    mpi::scatterv(world_, together(true).data(), sizes(), displs(), out.data(), count, root_);
    check();
    mpi::scatterv(world_, together(false).data(), sizes(), out.data(), root_);
    check();
    mpi::scatterv(world_, together(false), sizes(), out.data(), root_);
    check();
    if (at_root())
      mpi::scatterv(world_, together(false), sizes(), out.data(), root_);
    else
      mpi::scatterv(world_, out.data(), count, root_);
    check();
  }

  const mpi::communicator& world_;
  const int rank_;
  const int size_;
  const int root_;
};

}  // namespace

RANKED_TEST(boost_mpi, numbers) {
  for (int root = 0; root < world.size(); ++root) boost_program<int>(world, root).run();
}

RANKED_TEST(boost_mpi, objects) {
  for (int root = 0; root < world.size(); ++root) boost_program<std::string>(world, root).run();
}

RANKED_TEST(boost_mpi, reduce) {
  const int n = world.size();
  const int total_of_all = n * (n + 1) / 2;
  for (int root = 0; root < n; ++root) {
    const int mine = world.rank() + 1;
    const int pair[] = {mine, 10 * mine};
    int total = -1;
    int totals[] = {-1, -1};
    if (world.rank() == root) {
      mpi::reduce(world, mine, total, std::plus<int>(), root);
      EXPECT_EQ(total, total_of_all);
      mpi::reduce(world, pair, 2, totals, sum_of(), root);
      EXPECT_EQ(totals[1], 10 * total_of_all);
    } else {
      mpi::reduce(world, mine, std::plus<int>(), root);
      mpi::reduce(world, pair, 2, sum_of(), root);
    }
    std::string letters;
    mpi::reduce(world, std::string(1, static_cast<char>('a' + world.rank() % 26)), letters, join(),
                root);
    EXPECT_EQ(letters.size(), world.rank() == root ? static_cast<std::size_t>(n) : 0);
  }
}

RANKED_TEST(boost_mpi, all_reduce) {
  const int n = world.size();
  const int mine = world.rank() + 1;
  EXPECT_EQ(mpi::all_reduce(world, mine, std::plus<int>()), n * (n + 1) / 2);
  EXPECT_EQ(mpi::all_reduce(world, mine, mpi::maximum<int>()), n);
  EXPECT_EQ(mpi::all_reduce(world, mine, mpi::minimum<int>()), 1);
  int total = 0;
  mpi::all_reduce(world, mine, total, sum_of());
  EXPECT_EQ(total, n * (n + 1) / 2);
  const int pair[] = {mine, -mine};
  int totals[] = {0, 0};
  mpi::all_reduce(world, pair, 2, totals, mpi::maximum<int>());
  EXPECT_EQ(totals[0], n);
  EXPECT_EQ(totals[1], -1);
  int inout[] = {mine, 1};
  mpi::all_reduce(world, mpi::inplace(inout[0]), std::plus<int>());
  EXPECT_EQ(inout[0], n * (n + 1) / 2);
  inout[0] = mine;
  mpi::all_reduce(world, mpi::inplace(&inout[0]), 2, std::plus<int>());
  EXPECT_EQ(inout[0], n * (n + 1) / 2);
  EXPECT_EQ(inout[1], n);

  const unsigned bit = 1u << (world.rank() % 8);
  const unsigned bits = n >= 8 ? 255u : (1u << n) - 1;
  EXPECT_EQ(mpi::all_reduce(world, bit, mpi::bitwise_or<unsigned>()), bits);
  EXPECT_EQ(mpi::all_reduce(world, ~bit, mpi::bitwise_and<unsigned>()), ~bits);
  EXPECT_EQ(mpi::all_reduce(world, 1u, mpi::bitwise_xor<unsigned>()), n % 2 == 0 ? 0u : 1u);
  EXPECT_EQ(mpi::all_reduce(world, true, mpi::logical_xor<bool>()), n % 2 != 0);
  EXPECT_EQ(mpi::all_reduce(world, 1, mpi::logical_xor<int>()), n % 2);
  EXPECT_TRUE(mpi::all_reduce(world, true, std::logical_and<bool>()));
  EXPECT_EQ(mpi::all_reduce(world, world.rank() == 0, std::logical_or<bool>()), true);

  static_assert(mpi::is_commutative<sum_of, int>::value);
  static_assert(!mpi::is_commutative<join, std::string>::value);
  static_assert(std::is_same_v<mpi::maximum<int>::result_type, int>);
}

RANKED_TEST(boost_mpi, scan) {
  const int mine = world.rank() + 1;
  const int up_to_me = mine * (mine + 1) / 2;
  EXPECT_EQ(mpi::scan(world, mine, std::plus<int>()), up_to_me);
  int last = 0;
  mpi::scan(world, mine, last, sum_of());
  EXPECT_EQ(last, up_to_me);
  const int pair[] = {mine, 1};
  int ends[] = {0, 0};
  mpi::scan(world, pair, 2, ends, std::plus<int>());
  EXPECT_EQ(ends[0], up_to_me);
  EXPECT_EQ(ends[1], mine);
  EXPECT_EQ(mpi::scan(world, std::string("x"), join()).size(), static_cast<std::size_t>(mine));
}

}  // namespace cohort::test
