// Fuzzes the reading of packed archives: the first byte picks a type, the rest is unpacked as a
// value of it. What is read must pack and be read again to the same bytes. Built without libFuzzer,
// with COHORT_FUZZ_STANDALONE, it runs the files and folders named on its command line.
//
// corpus/archive/ has, for each type, a value and malformed bytes that the fuzzer found; the number
// in a file's name is the type's place in the table below.
#include <cohort/serialization/pointer.hpp>

#include "../include/archive_classes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

namespace {

using namespace archive_classes;
using cohort::byte_buffer;
using std::string;

// Only the value must be equal where the order of iteration is not part of it.
template <class T>
constexpr bool is_unordered = requires { typename T::hasher; };

void check(bool holds, const char* finding) {
  if (holds) return;
  std::fputs(finding, stderr);
  std::abort();
}

template <class T>
void try_type(std::span<const std::byte> bytes) {
  T value{};
  try {
    cohort::detail::unpack(bytes, value);
  } catch (const cohort::archive_error&) {
    return;
  }
  byte_buffer first;
  cohort::detail::pack(value, first);
  T again{};
  cohort::detail::unpack(first.bytes(), again);  // an exception here is a finding
  byte_buffer second;
  cohort::detail::pack(again, second);
  if constexpr (is_unordered<T>) {
    check(value == again, "the value read back differs\n");
  } else {
    check(first.size() == second.size() &&
              std::memcmp(first.data(), second.data(), first.size()) == 0,
          "the value read back packs differently\n");
  }
}

template <class... T>
constexpr auto table_of() {
  return std::array{&try_type<T>...};
}

// Types without padding bits (so no long double) and without cycles of shared_ptr. New ones go to
// the end, so that the corpus keeps its meaning.
constexpr auto types = table_of<
    int, bool, answer, color, string, std::u32string, std::pair<char, double>,
    std::tuple<int, string, bool>, std::tuple<>, std::array<string, 2>, std::array<bool, 4>,
    std::vector<int>, std::vector<bool>, std::vector<string>,
    std::vector<std::vector<std::vector<string>>>, std::vector<std::monostate>, std::deque<string>,
    std::list<double>, std::forward_list<string>, std::bitset<13>, std::set<string>,
    std::multiset<int>, std::map<string, int>, std::map<int, std::map<string, std::vector<string>>>,
    std::multimap<string, bool>, std::unordered_set<string>, std::unordered_map<string, int>,
    std::unordered_multimap<int, string>, std::optional<std::optional<string>>,
    std::variant<std::monostate, int, string, std::vector<string>>,
    std::vector<std::unique_ptr<string>>, private_member, free_function, free_split, member_split,
    versioned, derived, tree, std::vector<empty_class>, blob, std::vector<point>,
    std::map<string, private_member>, std::vector<std::shared_ptr<string>>,
    std::pair<std::shared_ptr<int>, std::shared_ptr<string>>>();

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  types[data[0] % types.size()](bytes.subspan(1));
  return 0;
}

#ifdef COHORT_FUZZ_STANDALONE

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

bool run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    std::cerr << path << ": can't be read\n";
    return false;
  }
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t runs = 0;
  bool readable = true;
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
        readable = run_file(entry.path()) && readable;
        ++runs;
      }
    } else {
      readable = run_file(argv[i]) && readable;
      ++runs;
    }
  }
  std::cout << runs << " inputs\n";
  return readable && runs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
