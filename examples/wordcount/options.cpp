// Parses the command line.
#include "options.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace {

std::size_t parse_count(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("--top needs a number of words, not '" + std::string(text) + "'");
  }
  return value;
}

}  // namespace

options parse_options(int argc, char** argv) {
  options result;
  bool only_paths = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (only_paths || argument.empty() || argument[0] != '-') {
      result.paths.emplace_back(argument);
    } else if (argument == "--") {
      only_paths = true;
    } else if (argument == "--all") {
      result.all = true;
    } else if (argument == "--help") {
      result.help = true;
    } else if (argument == "--top") {
      if (++i == argc) throw std::invalid_argument("--top needs a number of words");
      result.top = parse_count(argv[i]);
    } else {
      throw std::invalid_argument("unknown option '" + std::string(argument) + "'");
    }
  }
  if (result.paths.empty()) result.paths = {"/usr/share/common-licenses"};
  return result;
}
