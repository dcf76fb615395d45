// Parses the command line.
#include "options.hpp"

#include "common/option_reader.hpp"

options parse_options(int argc, char** argv) {
  options result;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--size") {
      result.size = option.number(1, 16384);
    } else if (option == "--steps") {
      result.steps = option.number(0);
    } else if (option == "--output") {
      result.output = option.value();
    } else if (option == "--progress") {
      result.progress = true;
    } else if (option == "--help") {
      result.help = true;
    } else {
      option.refuse();
    }
  }
  return result;
}
