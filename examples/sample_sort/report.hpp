// What the reader gets to see.
#pragma once

#include "sample_sort.hpp"

#include <cohort/communicator.hpp>

#include <cstddef>
#include <iosfwd>

// Prints how long the phases took on the fastest and on the slowest rank, and how evenly the keys
// are shared: rank 0 does, all take part.
void print_report(const cohort::communicator& world, std::ostream& out,
                  const phase_seconds& seconds, std::size_t sorted_keys);
