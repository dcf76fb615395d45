// Which values processes can share as they stand in memory.
#pragma once

#include <cohort/datatype.hpp>

#include <atomic>
#include <type_traits>

namespace cohort::detail {

template <class T>
inline constexpr bool is_shareable = direct<T>;
// An atomic that needs no lock is one for all processes that map it.
template <direct T>
inline constexpr bool is_shareable<std::atomic<T>> = std::atomic<T>::is_always_lock_free;

// Spelled once for all classes that hold such values.
template <class T>
consteval void require_shareable() {
  static_assert(!std::is_const_v<T> && !std::is_volatile_v<T>,
                "cohort: memory that processes share has elements without const and volatile");
  static_assert(is_shareable<T>,
                "cohort: T can't stand in memory that processes share: its bytes mean nothing in "
                "another process; if it holds no pointers and no resources, say "
                "COHORT_IS_MPI_DATATYPE(T), else send it through a cohort::queue or keep it in a "
                "cohort::manager");
}

template <class T>
struct shared_element {
  static consteval auto signature() { return direct_signature<T>(); }
};
template <class T>
struct shared_element<std::atomic<T>> {
  static consteval auto signature() { return "atomic<" + direct_signature<T>() + ">"; }
};

}  // namespace cohort::detail
