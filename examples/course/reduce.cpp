// Reduce: the values of all ranks are combined by an operator, and the root gets the result. Here
// each rank has three numbers, which are combined place by place.
//   cohortrun -n 3 reduce
#include <cohort/cohort.hpp>

#include <array>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

std::string text(int number) {
  return std::to_string(number);
}
std::string text(std::pair<int, int> value_and_rank) {
  return text(value_and_rank.first) + " of rank " + text(value_and_rank.second);
}

template <class Row>
std::string text(const std::string& label, const Row& row) {
  std::string result = label;
  for (const auto& each : row) result += (&each == &row[0] ? " " : ", ") + text(each);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  const int root = 0;
  const int me = world.rank();

  const std::array numbers{(me + 1) * 0, (me + 1) * 1, (me + 1) * 2};
  std::array sums{-1, -1, -1};
  // Into a place: only the root's is written to, the others' keep what they had.
  cohort::reduce(world, std::span(numbers), std::span(sums), std::plus<>(), root);

  const std::string line =
      text("rank " + text(me) + " gives", numbers) + text("; its place for the sum has", sums);
  for (const std::string& each : cohort::gather(world, line, root)) std::cout << each << '\n';

  // The result returned: a vector, which is empty except at the root.
  const auto print = [&](const std::string& label, const auto& result) {
    if (me == root) std::cout << text(label, result) << '\n';
  };
  print("maximum:", cohort::reduce(world, std::span(numbers), cohort::maximum<>(), root));
  print("minimum:", cohort::reduce(world, std::span(numbers), cohort::minimum<>(), root));
  print("product:", cohort::reduce(world, std::span(numbers), std::multiplies<>(), root));
  print("all but 0:", cohort::reduce(world, std::span(numbers), std::logical_and<>(), root));

  // Where the extremes are: of pairs of a number and the rank that has it. Of several, the lowest.
  std::array<std::pair<int, int>, 3> places;
  for (std::size_t i = 0; i < 3; ++i) places[i] = {numbers[i], me};
  print("maxloc:", cohort::reduce(world, std::span(places), cohort::maxloc(), root));
  print("minloc:", cohort::reduce(world, std::span(places), cohort::minloc(), root));
}
