// Which of the compiled loops this processor runs.
#include "collectives/combine/table.hpp"

namespace cohort::runtime {

namespace {

const collectives::combine_table& loops_of_this_processor() noexcept {
#if defined(__x86_64__)
  // __builtin_cpu_supports reads a word that the start of the process has filled in.
  if (__builtin_cpu_supports("avx2")) return collectives::avx2_loops;
#endif
  return collectives::portable_loops;
}

}  // namespace

detail::combine_function combine_loop(detail::known_operator op, detail::scalar type) noexcept {
  return loops_of_this_processor()[static_cast<std::size_t>(op)][static_cast<std::size_t>(type)];
}

}  // namespace cohort::runtime
