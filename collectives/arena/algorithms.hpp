// The algorithms that run in the memory that the ranks of one host share.
#pragma once

#include "collectives/board/board.hpp"

namespace cohort::collectives::arena {

void barrier(board& shared, const detail::collective_call& part);
// broadcast, scatter, gather, all_gather, all_to_all
void move_shared(board& shared, const detail::collective_call& part);
void move_single_copy(board& shared, const detail::collective_call& part);
// reduce, all_reduce, reduce_scatter, scan, exscan
void fold_shared(board& shared, const detail::collective_call& part);
void fold_packed(board& shared, const detail::collective_call& part);
void fold_sliced(board& shared, const detail::collective_call& part);

// all of them but barrier, of two ranks
void pair(board& shared, const detail::collective_call& part);

}  // namespace cohort::collectives::arena
