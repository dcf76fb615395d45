// `differential_compare SEED RANKS FOLDER`: compares what the two libraries have written. Integers
// and what is only moved, or is the least or the greatest, must be the same; sums of reals may be
// associated otherwise.
#include "collectives/differential.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>

namespace {

using namespace cohort::test::differential;

std::optional<std::vector<char>> next_result(std::ifstream& file) {
  std::uint64_t bytes = 0;
  if (!file.read(reinterpret_cast<char*>(&bytes), sizeof bytes)) return std::nullopt;
  std::vector<char> result(bytes);
  if (!file.read(result.data(), static_cast<std::streamsize>(bytes))) return std::nullopt;
  return result;
}

// Each addition rounds once, all operands are positive.
template <class T>
bool nearly_same(const std::vector<char>& a, const std::vector<char>& b, int ranks) {
  const T tolerance = static_cast<T>(2 * ranks) * std::numeric_limits<T>::epsilon();
  for (std::size_t at = 0; at != a.size(); at += sizeof(T)) {
    T x, y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    if (!(std::abs(x - y) <= tolerance * std::abs(y))) return false;
  }
  return true;
}

bool agree(const draw& d, const std::vector<char>& a, const std::vector<char>& b, int ranks) {
  if (a == b) return true;
  if (a.size() != b.size()) return false;
  if (d.what < operation::reduce || d.op != combination::sum) return false;
  if (d.type == element::float_) return nearly_same<float>(a, b, ranks);
  return d.type == element::double_ && nearly_same<double>(a, b, ranks);
}

}  // namespace

int main(int, char** argv) {
  const auto seed = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
  const int ranks = std::atoi(argv[2]);
  std::size_t bytes = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    std::ifstream ours(result_file(argv[3], "cohort", rank), std::ios::binary);
    std::ifstream theirs(result_file(argv[3], "open_mpi", rank), std::ios::binary);
    int number = 0;
    for (const draw& d : draws(seed, ranks)) {
      const auto a = next_result(ours);
      const auto b = next_result(theirs);
      if (!a || !b || !agree(d, *a, *b, ranks)) {
        std::printf(
            "seed %u, %d ranks: rank %d: call %d differs (operation %d, element %d, "
            "operator %d, count %d, root %u, %s)\n",
            seed, ranks, rank, number, static_cast<int>(d.what), static_cast<int>(d.type),
            static_cast<int>(d.op), d.count, d.root, d.counted ? "counted" : "equal");
        return 1;
      }
      bytes += a->size();
      ++number;
    }
  }
  std::printf("seed %u, %d ranks: %zu bytes of results agree\n", seed, ranks, bytes);
}
