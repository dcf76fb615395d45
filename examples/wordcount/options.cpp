// Parses the command line.
#include "options.hpp"

#include "common/option_reader.hpp"

#include <limits>

options parse_options(int argc, char** argv) {
  options result;
  bool only_paths = false;
  for (option_reader option(argc, argv); option.next();) {
    if (only_paths || !option.text().starts_with('-')) {
      result.paths.emplace_back(option.text());
    } else if (option == "--") {
      only_paths = true;
    } else if (option == "--all") {
      result.all = true;
    } else if (option == "--help") {
      result.help = true;
    } else if (option == "--top") {
      result.top = option.number<std::size_t>(0, std::numeric_limits<std::size_t>::max(),
                                              "a number of words");
    } else {
      option.refuse();
    }
  }
  if (result.paths.empty()) result.paths = {"/usr/share/common-licenses"};
  return result;
}
