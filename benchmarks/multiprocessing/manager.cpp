// A dictionary in a manager's server. Usage: manager set|get…
// Microseconds to set one key to a number, and to read it.
#include <cohort/cohort.hpp>
#include <cohort/multiprocessing/manager.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "batches.hpp"
#include "timing.hpp"

namespace {

void measure(std::string_view which) {
  const cohort::manager manager;
  const auto dictionary = manager.make_map<std::string, int>({{"key", 1}});
  if (which == "set") {
    bench::report(which, bench::median_lap([&] { dictionary["key"] = 42; }), "us");
  } else if (which == "get") {
    int read = 0;
    bench::report(which, bench::median_lap([&] { read = dictionary["key"]; }), "us");
    if (read != 1) throw std::runtime_error("a wrong value was read");
  } else {
    throw std::runtime_error("no such case");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const cohort::environment environment(argc, argv);
  for (int i = 1; i < argc; ++i) measure(argv[i]);
} catch (const std::exception& failure) {
  std::cerr << "manager: " << failure.what() << '\n';
  return 1;
}
