// What the main functions of the larger examples have in common: a command line that every rank
// reads, and an end that is the same whatever goes wrong.
#pragma once

#include <cohort/cohort.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

// Joins the job, reads the options and calls run(world, options), whose result is the exit code.
template <class Options>
int run_on_ranks(const char* program, const char* usage, int argc, char** argv,
                 Options (*parse)(int, char**),
                 int (*run)(const cohort::communicator&, const Options&)) try {
  cohort::environment env(argc, argv);
  const cohort::communicator world;

  // All ranks have the same command line, so all come to the same conclusion. Only one says so and
  // fails: a job is ended by the first rank that fails, which must not be before the words are out.
  try {
    const Options chosen = parse(argc, argv);
    if (!chosen.help) return run(world, chosen);
    if (world.rank() == 0) std::cout << usage;
    return 0;
  } catch (const std::invalid_argument& error) {
    if (world.rank() != 0) return 0;
    std::cerr << program << ": " << error.what() << "\n\n" << usage;
    return 2;
  }
} catch (const std::exception& error) {
  // The exception has ended the environment before it came here, so the others know, and the job
  // may be ended at any moment. In one piece, lest only half of it be seen.
  std::cerr << std::string(program) + ": " + error.what() + '\n';
  return 1;
}
