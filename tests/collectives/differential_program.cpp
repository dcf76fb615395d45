// `differential_<library> SEED FOLDER` on any number of ranks: makes the calls of the seed, and
// writes what this rank gets into a file, each result after its length in bytes.
#include "collectives/differential.hpp"

#include LAYER_HEADER

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

using namespace cohort::test::differential;

template <class T>
void make_call(layer::job& job, const draw& d, std::ofstream& results) {
  const std::vector<T> mine = given<T>(d, job.rank(), job.size());
  const std::vector<T> got = job.run(d, mine);
  const std::uint64_t bytes = got.size() * sizeof(T);
  results.write(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  results.write(reinterpret_cast<const char*>(got.data()), static_cast<std::streamsize>(bytes));
}

}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  const auto seed = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
  std::ofstream results(result_file(argv[2], layer::library, job.rank()), std::ios::binary);
  for (const draw& d : draws(seed, job.size())) {
    switch (d.type) {
      case element::int_:
        make_call<int>(job, d, results);
        break;
      case element::long_:
        make_call<long>(job, d, results);
        break;
      case element::float_:
        make_call<float>(job, d, results);
        break;
      case element::double_:
        make_call<double>(job, d, results);
        break;
    }
  }
  results.close();
  if (results) return 0;
  std::perror("the file of results");
  return 1;
}
