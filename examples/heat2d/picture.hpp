// A picture of the whole field, which no rank has: each has a block.
#pragma once

#include "decomposition.hpp"
#include "field.hpp"

#include <cohort/communicator.hpp>

#include <iosfwd>

// Rank 0 writes the picture, in PNG, to `out`; the others send it their blocks and leave `out`
// alone. The coldest point is black, the hottest white. Collective.
void write_picture(const cohort::communicator& world, const decomposition& whole,
                   const field& values, std::ostream& out);
