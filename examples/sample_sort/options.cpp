// Parses the command line.
#include "options.hpp"

#include "common/option_reader.hpp"

options parse_options(int argc, char** argv) {
  options result;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--keys") {
      result.keys = option.number<std::uint64_t>(0, 4'000'000'000);
    } else if (option == "--seed") {
      result.seed = option.number<std::uint64_t>(0);
    } else if (option == "--help") {
      result.help = true;
    } else {
      option.refuse();
    }
  }
  return result;
}
