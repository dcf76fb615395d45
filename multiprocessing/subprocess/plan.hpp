// From a command and its options to what is spawned: checks, pipes, environment.
#pragma once

#include <cohort/multiprocessing/subprocess.hpp>

#include "multiprocessing/family/spawn.hpp"
#include "runtime/descriptor.hpp"

#include <vector>

namespace cohort::multiprocessing {

struct prepared_start {
  // Throws argument_error, resource_error.
  prepared_start(const command& what, const subprocess_options& how);

  spawn_plan plan;
  // This process's ends of the captured streams.
  runtime::unique_descriptor input;
  runtime::unique_descriptor output;
  runtime::unique_descriptor errors;

 private:
  void lead(int stream, const redirect& where, runtime::unique_descriptor& ours);
  std::vector<runtime::unique_descriptor> theirs_;  // open until the program has its copies
};

}  // namespace cohort::multiprocessing
