// All topologies: grids and graphs of ranks, and what neighbours exchange.
#pragma once

#include <cohort/topology/cartesian.hpp>
#include <cohort/topology/dimensions.hpp>
#include <cohort/topology/graph.hpp>
#include <cohort/topology/halo.hpp>
#include <cohort/topology/neighbor_all_gather.hpp>
#include <cohort/topology/neighbor_all_to_all.hpp>
