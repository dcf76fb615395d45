// The compiled loops of reductions, by operator and type.
#pragma once

#include <cohort/detail/collective_operator.hpp>

#include <array>
#include <cstddef>

namespace cohort::collectives {

using combine_row =
    std::array<detail::combine_function, static_cast<std::size_t>(detail::scalar::other)>;
using combine_table =
    std::array<combine_row, static_cast<std::size_t>(detail::known_operator::unknown)>;

// For every processor of the architecture.
extern const combine_table portable_loops;
#if defined(__x86_64__)
// For those with AVX2: additions of 32 bytes.
extern const combine_table avx2_loops;
#endif

}  // namespace cohort::collectives
