// The loops of reductions for x86 processors with AVX2; compiled with -mavx2. Rounding is that of
// the portable ones: there is no multiplication that an addition could be fused with.
#include "collectives/combine/loops.hpp"

namespace cohort::collectives {

constinit const combine_table avx2_loops = all_loops();

}  // namespace cohort::collectives
