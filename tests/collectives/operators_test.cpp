// The operators: each known one × each arithmetic type × lengths around the width of vector
// instructions, against the plain expression; where the result lies; what is commutative; names.
#include "collectives/forms.hpp"
#include "support/ranked.hpp"

#include <cohort/collectives.hpp>
#include <cohort/detail/collective_operator.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

template <class T, class Op>
const detail::reduction& described(Op op) {
  thread_local detail::operator_holder<T, Op, detail::operands::elements> holder(op);
  return *holder.describe();
}

// Values that show carries, signs and zeros.
template <class T>
std::vector<T> numbers(std::size_t count, std::uint32_t seed) {
  std::vector<T> list(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bits = mixed(seed + static_cast<std::uint32_t>(i));
    list[i] = bits % 5 == 0 ? T{} : static_cast<T>(static_cast<std::int32_t>(bits) / 3);
  }
  return list;
}

inline constexpr std::size_t vector_lengths[] = {0,  1,  2,  3,  7,  8,   15,
                                                 16, 17, 31, 33, 64, 100, 1003};

// The result in a place of its own, and in that of either operand.
template <class T, class Op, class Plain>
void check(Op op, Plain plain) {
  const detail::reduction& how = described<T>(op);
  for (const std::size_t count : vector_lengths) {
    const std::vector<T> left = numbers<T>(count, 11);
    const std::vector<T> right = numbers<T>(count, 12);
    std::vector<T> wanted(count);
    for (std::size_t i = 0; i < count; ++i) wanted[i] = plain(left[i], right[i]);
    std::vector<T> apart(count);
    how.combine(how.op, left.data(), right.data(), apart.data(), count);
    EXPECT_EQ(apart, wanted) << how.name << " of " << count;
    std::vector<T> onto_left = left;
    how.combine(how.op, onto_left.data(), right.data(), onto_left.data(), count);
    EXPECT_EQ(onto_left, wanted) << how.name << " of " << count;
    std::vector<T> onto_right = right;
    how.combine(how.op, left.data(), onto_right.data(), onto_right.data(), count);
    EXPECT_EQ(onto_right, wanted) << how.name << " of " << count;
  }
}

// In unsigned arithmetic of enough bits: sums and products of integers wrap round.
template <class T>
using wide = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;

template <class T>
void check_operators() {
  check<T>(std::plus<>(), [](T x, T y) { return static_cast<T>(wide<T>(x) + wide<T>(y)); });
  check<T>(std::multiplies<T>(), [](T x, T y) { return static_cast<T>(wide<T>(x) * wide<T>(y)); });
  check<T>(minimum<>(), [](T x, T y) { return std::min(x, y); });
  check<T>(maximum<T>(), [](T x, T y) { return std::max(x, y); });
  check<T>(std::logical_and<>(), [](T x, T y) { return static_cast<T>(x != T() && y != T()); });
  check<T>(std::logical_or<>(), [](T x, T y) { return static_cast<T>(x != T() || y != T()); });
  check<T>(logical_xor<>(), [](T x, T y) { return static_cast<T>((x != T()) != (y != T())); });
  if constexpr (std::is_integral_v<T>) {
    check<T>(std::bit_and<>(), [](T x, T y) { return static_cast<T>(x & y); });
    check<T>(bitwise_or<T>(), [](T x, T y) { return static_cast<T>(x | y); });
    check<T>(std::bit_xor<>(), [](T x, T y) { return static_cast<T>(x ^ y); });
  }
}

struct my_plus {
  int operator()(int x, int y) const { return x + y; }
};

}  // namespace

RANKED_TEST(operators, known_operators_on_every_arithmetic_type) {
  check_operators<std::int8_t>();
  check_operators<std::int16_t>();
  check_operators<std::int32_t>();
  check_operators<std::int64_t>();
  check_operators<std::uint8_t>();
  check_operators<std::uint16_t>();
  check_operators<std::uint32_t>();
  check_operators<std::uint64_t>();
  check_operators<char>();
  check_operators<long long>();
  check_operators<float>();
  check_operators<double>();
  check_operators<long double>();
}

RANKED_TEST(operators, not_a_number_is_treated_as_by_the_plain_operator) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double left[] = {nan, 1, nan, -0.0, 0.0};
  const double right[] = {2, nan, nan, 0.0, -0.0};
  for (const bool smaller : {true, false}) {
    const detail::reduction& how =
        smaller ? described<double>(minimum<>()) : described<double>(maximum<>());
    double out[5];
    how.combine(how.op, left, right, out, 5);
    for (int i = 0; i < 5; ++i) {
      const double plain =
          smaller ? minimum<>()(left[i], right[i]) : maximum<>()(left[i], right[i]);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(out[i]), std::bit_cast<std::uint64_t>(plain)) << i;
    }
  }
}

RANKED_TEST(operators, extreme_values_and_where_they_are) {
  const int n = world.size();
  const auto height = [n](int rank) { return (rank + 1) * 5 % (n + 1); };  // equal ones occur
  std::pair lowest(height(0), 0);
  std::pair highest(height(0), 0);
  for (int rank = 1; rank < n; ++rank) {
    if (height(rank) < lowest.first) lowest = {height(rank), rank};
    if (height(rank) > highest.first) highest = {height(rank), rank};
  }
  const std::pair mine(height(world.rank()), world.rank());
  EXPECT_EQ(all_reduce(world, mine, minloc()), lowest);
  EXPECT_EQ(all_reduce(world, mine, maxloc()), highest);
  EXPECT_EQ(all_reduce(world, std::pair(2.5, world.rank()), maxloc()), std::pair(2.5, 0));
}

RANKED_TEST(operators, sums_repeat_bit_for_bit) {
  std::vector<double> mine(999);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    const auto bits =
        mixed(static_cast<std::uint32_t>(i) * 64 + static_cast<std::uint32_t>(world.rank()));
    mine[i] = std::ldexp(static_cast<double>(bits), static_cast<int>(bits % 90) - 45);
  }
  const std::vector<double> first = all_reduce(world, std::span(mine), std::plus<>());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(all_reduce(world, std::span(mine), std::plus<>()), first);
  }
  for (const std::vector<double>& other : all_gather(world, first)) EXPECT_EQ(other, first);
}

RANKED_TEST(operators, which_commute) {
  static_assert(is_commutative<std::plus<>, int>::value);
  static_assert(is_commutative<std::plus<double>, double>::value);
  static_assert(is_commutative<std::multiplies<>, std::complex<double>>::value);
  static_assert(!is_commutative<std::plus<>, std::string>::value);
  static_assert(!is_commutative<my_plus, int>::value);
  static_assert(is_commutative<commutative<my_plus>, int>::value);
  static_assert(is_commutative<minloc, std::pair<double, int>>::value);
  EXPECT_TRUE(described<int>(std::plus<>()).commutative);
  EXPECT_FALSE(described<int>(my_plus()).commutative);
  EXPECT_EQ(all_reduce(world, 1, commutative(my_plus())), world.size());
}

RANKED_TEST(operators, are_told_apart) {
  const auto one = [](int x, int y) { return x < y ? x : y; };
  const auto other = [](int x, int y) { return x < y ? y : x; };
  EXPECT_NE(described<int>(one).id, described<int>(other).id);
  EXPECT_EQ(described<int>(one).id, described<int>(one).id);
  EXPECT_EQ(described<int>(std::plus<>()).id, described<int>(std::plus<int>()).id);
  EXPECT_NE(described<int>(std::plus<>()).id, described<int>(my_plus()).id);
  EXPECT_STREQ(described<int>(std::plus<>()).name, "plus");
  EXPECT_STREQ(described<double>(maximum<double>()).name, "maximum");
  EXPECT_NE(std::string(described<int>(my_plus()).name).find("my_plus"), std::string::npos);
}

RANKED_TEST(operators, may_be_functions_and_change_their_state) {
  int (*const smaller)(int, int) = [](int x, int y) { return x < y ? x : y; };
  EXPECT_EQ(all_reduce(world, world.rank() + 4, smaller), 4);
  int calls = 0;
  const auto counted = [&calls](int x, int y) {
    ++calls;
    return x + y;
  };
  EXPECT_EQ(scan(world, 1, counted), world.rank() + 1);
  auto alternating = [swapped = false](int x, int y) mutable {
    swapped = !swapped;
    return swapped ? x + y : y + x;
  };
  EXPECT_EQ(all_reduce(world, 2, alternating), 2 * world.size());
}

}  // namespace cohort::test
