// Which types travel as bytes, what their elements are, and which signatures are equal: decided at
// compile time, so most of this file is static_assert.
#include <cohort/archive.hpp>
#include <cohort/datatype.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

struct plain {
  int* address;
};
struct opted {
  double x;
  int charge;
};
struct opted_too {
  double y;
  int spin;
};
struct bitwise_class {
  std::int64_t a;
};
struct named {
  static constexpr char cohort_type_name[] = "particle";
  double x;
};
struct with_pair {
  std::pair<int, double> p;
};
struct serialized_class {
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};
struct both {
  int x;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& x;
  }
};
struct named_object {
  static constexpr char cohort_type_name[] = "account";
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};
enum color : std::uint8_t { red };
enum class state { idle };

}  // namespace

COHORT_IS_MPI_DATATYPE(opted)
COHORT_IS_MPI_DATATYPE(opted_too)
COHORT_IS_MPI_DATATYPE(named)
COHORT_IS_MPI_DATATYPE(with_pair)
COHORT_IS_MPI_DATATYPE(both)
BOOST_IS_BITWISE_SERIALIZABLE(bitwise_class)

namespace {

using cohort::detail::direct;
using cohort::detail::element_of;
using cohort::detail::element_type_of;
using cohort::detail::portable_bytes;
using cohort::detail::resizable;
using cohort::detail::serialized_type_of;
using cohort::detail::travel;
using cohort::detail::travels_as;
using std::string_view;

// Direct: the kinds.
static_assert(direct<bool> && direct<char> && direct<char8_t> && direct<wchar_t> && direct<int>);
static_assert(direct<float> && direct<double> && direct<long double> && direct<const int>);
static_assert(direct<color> && direct<state> && direct<std::byte> && direct<std::complex<float>>);
static_assert(direct<std::chrono::milliseconds> && direct<std::chrono::system_clock::time_point>);
static_assert(direct<int[3]> && direct<const char[6]> && direct<std::array<double, 2>>);
static_assert(direct<std::pair<int, double>> &&
              direct<std::tuple<int, std::array<char, 2>, state>>);
static_assert(direct<opted> && direct<bitwise_class> && direct<named> && direct<with_pair>);
static_assert(direct<std::pair<opted, int>> && direct<both>);

// Not direct: trivially copyable is not enough.
static_assert(!direct<plain> && !direct<int*> && !direct<const char*> && !direct<std::nullptr_t>);
static_assert(!direct<string_view> && !direct<std::span<int>> && !direct<std::pair<int, int*>>);
static_assert(!direct<std::pair<int, int&>> && !direct<std::tuple<>> && !direct<std::monostate>);
static_assert(!direct<std::array<plain, 2>> && !direct<std::array<int, 0>>);
static_assert(!direct<std::string> && !direct<std::vector<int>> && !direct<std::optional<int>>);
static_assert(!direct<serialized_class>);

// Archives copy unseen what has neither padding nor bool.
static_assert(portable_bytes<int> && portable_bytes<std::pair<int, float>>);
static_assert(!portable_bytes<bool> && !portable_bytes<std::pair<char, int>>);
static_assert(!portable_bytes<std::array<bool, 2>> && !portable_bytes<std::tuple<int, bool>>);

// Resizable.
static_assert(resizable<std::vector<int>> && resizable<std::string> && resizable<std::u16string>);
static_assert(resizable<std::vector<std::pair<int, double>>> && resizable<std::vector<opted>>);
static_assert(!resizable<std::vector<bool>> && !resizable<std::vector<std::string>>);
static_assert(!resizable<std::array<int, 3>> && !resizable<std::vector<plain>>);

static_assert(travels_as<int> == travel::direct && travels_as<both> == travel::direct);
static_assert(travels_as<std::string> == travel::resizable);
static_assert(travels_as<std::vector<bool>> == travel::serialized);
static_assert(travels_as<serialized_class> == travel::serialized);
static_assert(travels_as<std::map<int, int>> == travel::serialized);

// Elements: arrays flatten, the rest is one element.
static_assert(element_of<int>::count == 1 && element_of<std::array<int, 3>>::count == 3);
static_assert(element_of<int[2][3]>::count == 6);
static_assert(element_of<const std::array<std::array<int, 3>, 2>>::count == 6);
static_assert(std::is_same_v<element_of<const std::array<int[3], 2>>::type, int>);
static_assert(element_of<std::pair<int, int[2]>>::count == 1);
static_assert(element_of<std::array<std::pair<int, int>, 4>>::count == 4);

template <class T, class U>
constexpr bool same_element = element_type_of<T>.id == element_type_of<U>.id;

// Equal signatures: by width and signedness, never by the compiler's name of the type.
static_assert(sizeof(long) != sizeof(long long) || same_element<long, long long>);
static_assert(sizeof(long) != sizeof(long long) || same_element<unsigned long, unsigned long long>);
static_assert(same_element<int, std::int32_t> && same_element<int, const int>);
static_assert(same_element<int, std::array<int, 3>> && same_element<int, int[2][2]>);
static_assert(same_element<color, std::uint8_t> && same_element<state, int>);
static_assert(same_element<std::pair<long, char>, std::pair<std::int64_t, char>> ||
              sizeof(long) != 8);
static_assert(same_element<std::pair<int[2], char>, std::pair<std::array<int, 2>, char>>);

// Different signatures.
static_assert(!same_element<int, unsigned> && !same_element<int, long long>);
static_assert(!same_element<int, float> && !same_element<float, double>);
static_assert(!same_element<double, long double> && !same_element<char, signed char>);
static_assert(!same_element<char, unsigned char> && !same_element<char, char8_t>);
static_assert(!same_element<wchar_t, char32_t> && !same_element<wchar_t, int>);
static_assert(!same_element<std::byte, unsigned char> && !same_element<bool, unsigned char>);
static_assert(!same_element<double, std::complex<double>>);
static_assert(!same_element<std::pair<int, double>, std::pair<double, int>>);
static_assert(!same_element<std::pair<int, double>, std::tuple<int, double>>);
static_assert(!same_element<std::chrono::seconds, std::chrono::milliseconds>);
static_assert(!same_element<std::chrono::seconds, std::int64_t>);
static_assert(!same_element<opted, named> && !same_element<bitwise_class, double>);
static_assert(same_element<opted, opted_too>);  // told apart by size or name only

// Sizes and ids.
static_assert(element_type_of<std::array<double, 7>>.size == sizeof(double));
static_assert(element_type_of<std::pair<char, double>>.size == sizeof(std::pair<char, double>));
static_assert(!cohort::detail::matches_anything(element_type_of<int>.id));
static_assert(cohort::detail::fnv1a("foobar") == 0xbf9cf968u);  // the authors' test vector
static_assert(cohort::detail::signature_id("int32") > cohort::detail::packed_archive_id);

// Names, as errors print them.
static_assert(element_type_of<unsigned short>.name == string_view("uint16"));
static_assert(element_type_of<std::complex<double>>.name == string_view("complex<double>"));
static_assert(element_type_of<std::pair<int, double>>.name == string_view("pair<int32, double>"));
static_assert(element_type_of<std::pair<int[3], bool>>.name == string_view("pair<int32[3], bool>"));
static_assert(element_type_of<std::tuple<char, wchar_t, std::byte>>.name ==
              string_view("tuple<char, wchar, byte>"));
static_assert(element_type_of<std::chrono::duration<int, std::milli>>.name ==
              string_view("duration<int32, 1/1000>"));
static_assert(element_type_of<opted>.name == string_view("class[16]"));
static_assert(element_type_of<named>.name == string_view("particle[8]"));

// Values that travel packed.
template <class T>
constexpr string_view packed_name = serialized_type_of<T>.name;

static_assert(packed_name<std::map<std::string, int>> == "map<string, int32>");
static_assert(packed_name<std::vector<std::vector<bool>>> == "vector<vector<bool>>");
static_assert(packed_name<std::optional<std::u16string>> == "optional<string<char16>>");
static_assert(packed_name<std::variant<std::monostate, int, std::string>> ==
              "variant<monostate, int32, string>");
static_assert(packed_name<std::unique_ptr<std::array<std::string, 2>>> == "unique_ptr<string[2]>");
static_assert(packed_name<std::pair<serialized_class, std::tuple<>>> == "pair<object, tuple<>>");
static_assert(packed_name<std::set<named_object>> == "set<account>");
static_assert(serialized_type_of<std::map<int, int>>.size == 1);
static_assert(serialized_type_of<std::map<int, int>>.id !=
              serialized_type_of<std::multimap<int, int>>.id);
static_assert(serialized_type_of<std::map<int, int>>.id !=
              serialized_type_of<std::map<int, unsigned>>.id);

// Every signature of a wide range of types is its own id: no collisions among the common ones.
template <class... T>
std::set<std::uint32_t> element_ids() {
  return {element_type_of<T>.id...};
}

TEST(Datatype, CommonSignaturesHaveDistinctIds) {
  const auto ids =
      element_ids<bool, char, signed char, unsigned char, short, unsigned short, int, unsigned,
                  long long, unsigned long long, float, double, long double, wchar_t, char8_t,
                  char16_t, char32_t, std::complex<float>, std::complex<double>,
                  std::pair<int, int>, std::pair<double, int>, std::pair<float, int>,
                  std::tuple<int>, std::tuple<int, int>, opted, named>();
  EXPECT_EQ(ids.size(), 26u);
  EXPECT_FALSE(ids.contains(0) || ids.contains(cohort::detail::raw_bytes_id) ||
               ids.contains(cohort::detail::packed_archive_id));
}

TEST(Datatype, BytesAreRawBytes) {
  EXPECT_EQ(element_ids<std::byte>(), std::set{cohort::detail::raw_bytes_id});
}

TEST(ByteBuffer, GrowsKeepsItsContentsAndMoves) {
  cohort::byte_buffer buffer;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i);
    buffer.append(piece.data(), piece.size());
    expected += piece;
    if (i % 100 == 0) {  // both while it is inline and on the heap
      cohort::byte_buffer other(std::move(buffer));
      EXPECT_TRUE(buffer.empty());
      buffer = std::move(other);
    }
    ASSERT_EQ(string_view(reinterpret_cast<const char*>(buffer.data()), buffer.size()), expected);
  }
  EXPECT_GE(buffer.capacity(), buffer.size());
  buffer.resize(3);
  EXPECT_EQ(string_view(reinterpret_cast<const char*>(buffer.data()), buffer.size()), "012");
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
}

TEST(ByteBuffer, RefusesImpossibleSizesAndStaysUsable) {
  cohort::byte_buffer buffer;
  buffer.append("abc", 3);
  EXPECT_THROW(buffer.extend(SIZE_MAX), std::bad_alloc);
  EXPECT_EQ(buffer.size(), 3u);
  EXPECT_EQ(static_cast<char>(buffer.data()[2]), 'c');
}

}  // namespace
