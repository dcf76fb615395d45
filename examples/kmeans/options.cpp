// Parses the command line.
#include "options.hpp"

#include "common/option_reader.hpp"

#include <stdexcept>
#include <string>

options parse_options(int argc, char** argv) {
  options result;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--points") {
      result.points = option.number<std::uint64_t>(1, 1'000'000'000);
    } else if (option == "--clusters") {
      result.clusters = option.number<std::uint64_t>(1, 1000);
    } else if (option == "--seed") {
      result.seed = option.number<std::uint64_t>(0);
    } else if (option == "--help") {
      result.help = true;
    } else {
      option.refuse();
    }
  }
  // With fewer, the means are too far from the centres to tell whether these were found.
  if (result.points < 100 * result.clusters) {
    throw std::invalid_argument(std::to_string(result.clusters) + " clusters need --points of at " +
                                "least " + std::to_string(100 * result.clusters) + ", not " +
                                std::to_string(result.points));
  }
  return result;
}
