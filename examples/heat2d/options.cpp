// Parses the command line.
#include "options.hpp"

#include <charconv>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace {

int parse_number(const std::string& option, std::string_view text, int least, int greatest) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least ||
      value > greatest) {
    throw std::invalid_argument(option + " needs a number from " + std::to_string(least) + " to " +
                                std::to_string(greatest) + ", not '" + std::string(text) + "'");
  }
  return value;
}

}  // namespace

options parse_options(int argc, char** argv) {
  options result;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&] {
      if (++i == argc) throw std::invalid_argument(option + " needs a value");
      return argv[i];
    };
    if (option == "--size") {
      result.size = parse_number(option, value(), 1, 16384);
    } else if (option == "--steps") {
      result.steps = parse_number(option, value(), 0, std::numeric_limits<int>::max());
    } else if (option == "--output") {
      result.output = value();
    } else if (option == "--progress") {
      result.progress = true;
    } else if (option == "--help") {
      result.help = true;
    } else {
      throw std::invalid_argument("unknown argument '" + option + "'");
    }
  }
  return result;
}
