// What the main functions of the examples have in common that start processes of their own: a
// command line, and an end that is the same whatever goes wrong.
#pragma once

#include <cohort/cohort.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>

// Makes the environment, reads the options and calls run(options), whose result is the exit code.
// Processes that run() starts begin here, too: the environment makes them what they are to be, and
// they never come to the next line.
template <class Options>
int run_alone(const char* program, const char* usage, int argc, char** argv,
              Options (*parse)(int, char**), int (*run)(const Options&)) try {
  cohort::environment env(argc, argv);
  Options chosen;
  try {
    chosen = parse(argc, argv);
  } catch (const std::invalid_argument& error) {
    std::cerr << program << ": " << error.what() << "\n\n" << usage;
    return 2;
  }
  if (!chosen.help) return run(chosen);
  std::cout << usage;
  return 0;
} catch (const std::exception& error) {
  std::cerr << program << ": " << error.what() << '\n';
  return 1;
}
