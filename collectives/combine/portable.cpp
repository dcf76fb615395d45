// The loops of reductions for every processor of the architecture.
#include "collectives/combine/loops.hpp"

namespace cohort::collectives {

constinit const combine_table portable_loops = all_loops();

}  // namespace cohort::collectives
