// What the parts of a collective call know of it: which operation, on how many ranks, and who gives
// and who gets.
#pragma once

#include <cohort/detail/collective.hpp>
#include <cohort/detail/collective_value.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

namespace cohort::detail {

// An operation as a form of it calls it; equal on all ranks.
struct collective_task {
  collective what;
  const element_type* type = nullptr;
  bool uniform = true;
  int root = 0;
  const char* name = "";  // as the user has called it
};

// Blocks of one value each.
template <class T>
collective_task task_on_values(collective what, int root = 0) {
  return {what, value_type<T>(), fixed_size<T>, root};
}
// Blocks of elements, equally many in each.
template <class T>
collective_task task_on_elements(collective what, int root = 0) {
  return {what, elements_type<T>(), fixed_size<T>, root};
}
// Blocks of elements, whose number differs from rank to rank, or is not known to all.
template <class T>
collective_task task_on_counted(collective what, int root = 0) {
  static_assert(
      !std::same_as<T, bool>,
      "cohort: blocks of bool that differ in length: use char, since std::vector<bool> has "
      "no elements with addresses");
  return {what, elements_type<T>(), false, root};
}

// Thrown by what describes a rank's part: an argument that it can't take part with.
struct refusal {
  std::string problem;
};

struct collective_site {
  int rank;
  int size;
  bool gives;  // this rank contributes
  bool gets;   // this rank has a result

  collective_site(const collective_task& task, const runtime::communicator_state& comm)
      : rank(runtime::rank(comm)), size(runtime::size(comm)) {
    const bool at_root = rank == task.root;
    switch (task.what) {
      case collective::broadcast:
        gives = at_root;
        gets = !at_root;
        break;
      case collective::scatter:
        gives = at_root;
        gets = true;
        break;
      case collective::gather:
      case collective::reduce:
        gives = true;
        gets = at_root;
        break;
      case collective::exscan:
        gives = true;
        gets = rank != 0;
        break;
      default:
        gives = true;
        gets = true;
    }
  }

  std::size_t ranks() const { return static_cast<std::size_t>(size); }
  std::size_t own() const { return static_cast<std::size_t>(rank); }
};

// "expected 3 items, got 10"
inline std::string expected(std::size_t wanted, std::size_t there, const char* of,
                            const char* remedy) {
  return "expected " + std::to_string(wanted) + " " + of + ", got " + std::to_string(there) + ": " +
         remedy;
}

}  // namespace cohort::detail
