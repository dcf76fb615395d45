// Parses the command line.
#include "options.hpp"

#include <charconv>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

std::uint64_t parse_number(const std::string& option, std::string_view text,
                           std::uint64_t greatest) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > greatest) {
    throw std::invalid_argument(option + " needs a number from 0 to " + std::to_string(greatest) +
                                ", not '" + std::string(text) + "'");
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
    if (option == "--keys") {
      result.keys = parse_number(option, value(), 4'000'000'000);
    } else if (option == "--seed") {
      result.seed = parse_number(option, value(), std::numeric_limits<std::uint64_t>::max());
    } else if (option == "--help") {
      result.help = true;
    } else {
      throw std::invalid_argument("unknown argument '" + option + "'");
    }
  }
  return result;
}
