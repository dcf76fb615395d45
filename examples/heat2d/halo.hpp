// The halo exchange: what neighbouring ranks tell each other before each step.
#pragma once

#include "decomposition.hpp"
#include "field.hpp"

#include <cohort/communicator.hpp>

// Fills the halo of `values` with the neighbours' outermost rows and columns. At the edge of the
// square it stays as it is. Collective.
void exchange_halo(const cohort::communicator& world, const block& here, field& values);
