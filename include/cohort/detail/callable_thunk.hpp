// How a process knows a callable that another one sends: by a record that its own program has made
// for the callable's type, before main.
#pragma once

#include <cohort/detail/code_place.hpp>
#include <cohort/serialization/packed_iarchive.hpp>
#include <cohort/serialization/packed_oarchive.hpp>

namespace cohort::detail {

// What can be done with callables of one type, called with arguments of certain types. One object
// per instantiation of typed_thunk (callable_shipping.hpp), linked into the table of this process
// by static initialisation, also that of a library which is loaded later, and taken out with it.
// The table is an allow-list: a place that another process names is called only if a record is
// there.
class callable_thunk {
 public:
  using make_function = void* (*)(packed_iarchive& archive);
  using destroy_function = void (*)(void* callable) noexcept;
  using invoke_function = void (*)(void* callable, packed_iarchive& arguments,
                                   packed_oarchive& result);

  callable_thunk(make_function make, destroy_function destroy, invoke_function invoke) noexcept;
  ~callable_thunk();
  callable_thunk(const callable_thunk&) = delete;
  callable_thunk& operator=(const callable_thunk&) = delete;

  // The record that another process of the same build has at this place. Throws callable_error,
  // with both build-ids, where there is none.
  static const callable_thunk& at(const code_place& place);

  const make_function make;
  const destroy_function destroy;
  const invoke_function invoke;

 private:
  friend class thunk_table;
  callable_thunk* next_ = nullptr;
  callable_thunk* previous_ = nullptr;
};

// A callable that has come in an archive. Objects of it are called by one thread at a time.
class shipped_callable {
 public:
  // Reads what encode_callable() wrote. Throws callable_error, archive_error, and what decoding the
  // callable's state throws.
  explicit shipped_callable(packed_iarchive& archive);
  shipped_callable(shipped_callable&& other) noexcept;
  shipped_callable& operator=(shipped_callable&& other) noexcept;
  ~shipped_callable();

  // Reads the arguments, which must be all that is left in the archive, calls, and appends the
  // result: nothing where there is none. Throws archive_error for bytes that are no arguments and
  // for a result that can't be packed, and what the callable throws. May be called again.
  void operator()(packed_iarchive& arguments, packed_oarchive& result) const {
    thunk_->invoke(callable_, arguments, result);
  }

 private:
  const callable_thunk* thunk_;
  void* callable_;
};

}  // namespace cohort::detail
