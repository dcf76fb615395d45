// All collective operations. Every rank of the communicator makes the same call;
// docs/collectives.md has the forms in one table and says what happens when ranks do not agree, die
// or run out of time.
#pragma once

#include <cohort/collectives/all_gather.hpp>
#include <cohort/collectives/all_gatherv.hpp>
#include <cohort/collectives/all_reduce.hpp>
#include <cohort/collectives/all_to_all.hpp>
#include <cohort/collectives/all_to_allv.hpp>
#include <cohort/collectives/barrier.hpp>
#include <cohort/collectives/broadcast.hpp>
#include <cohort/collectives/exscan.hpp>
#include <cohort/collectives/flat.hpp>
#include <cohort/collectives/gather.hpp>
#include <cohort/collectives/gatherv.hpp>
#include <cohort/collectives/inplace.hpp>
#include <cohort/collectives/reduce.hpp>
#include <cohort/collectives/reduce_scatter.hpp>
#include <cohort/collectives/scan.hpp>
#include <cohort/collectives/scatter.hpp>
#include <cohort/collectives/scatterv.hpp>
#include <cohort/operators.hpp>
