// The table of the thunks that this process has.
#include <cohort/detail/callable_shipping.hpp>
#include <cohort/error.hpp>

#include "multiprocessing/callable/module.hpp"

#include <mutex>
#include <string>
#include <utility>

namespace cohort::detail {

// Of the process, and not of an endpoint: its contents are facts about the program. Libraries are
// loaded and closed by any thread.
class thunk_table {
 public:
  void add(callable_thunk& thunk) {
    const std::lock_guard lock(mutex_);
    thunk.next_ = first_;
    if (first_) first_->previous_ = &thunk;
    first_ = &thunk;
  }

  void remove(callable_thunk& thunk) {
    const std::lock_guard lock(mutex_);
    if (thunk.next_) thunk.next_->previous_ = thunk.previous_;
    (thunk.previous_ ? thunk.previous_->next_ : first_) = thunk.next_;
  }

  bool has(const void* address) {
    const std::lock_guard lock(mutex_);
    for (const callable_thunk* each = first_; each; each = each->next_) {
      if (each == address) return true;
    }
    return false;
  }

 private:
  std::mutex mutex_;
  callable_thunk* first_ = nullptr;
};

namespace {

// There before all dynamic initialisation, and not destroyed before any thunk is.
constinit thunk_table table;

}  // namespace

callable_thunk::callable_thunk(make_function to_make, destroy_function to_destroy,
                               invoke_function to_invoke) noexcept
    : make(to_make), destroy(to_destroy), invoke(to_invoke) {
  table.add(*this);
}

callable_thunk::~callable_thunk() {
  table.remove(*this);
}

const callable_thunk& callable_thunk::at(const code_place& place) {
  const auto home = multiprocessing::module_of_build(place.module);
  if (!home) {
    const multiprocessing::module mine = multiprocessing::program();
    throw callable_error(
        "the callable is of a module of build-id " + multiprocessing::build_text(place.module) +
            ", which this process has not loaded; it runs " + mine.name() + " of build-id " +
            multiprocessing::build_text(mine.build) +
            "; start all processes from one build, and load libraries in main before the "
            "environment is made",
        {.operation = "unpack"});
  }
  const auto* address = reinterpret_cast<const void*>(home->base + place.offset);
  if (!table.has(address)) {
    throw callable_error("there is no callable at offset " + std::to_string(place.offset) + " of " +
                             home->name() + ", build-id " +
                             multiprocessing::build_text(place.module) +
                             "; the bytes are damaged, or come from elsewhere",
                         {.operation = "unpack"});
  }
  return *static_cast<const callable_thunk*>(address);
}

void encode_thunk(packed_oarchive& archive, const callable_thunk& thunk) {
  const code_place place = place_of(&thunk);
  archive.save_binary(&place, sizeof place);
}

namespace {

const callable_thunk& decode_thunk(packed_iarchive& archive) {
  code_place place;
  archive.load_binary(&place, sizeof place, "a callable");
  return callable_thunk::at(place);
}

}  // namespace

shipped_callable::shipped_callable(packed_iarchive& archive)
    : thunk_(&decode_thunk(archive)), callable_(thunk_->make(archive)) {}

shipped_callable::shipped_callable(shipped_callable&& other) noexcept
    : thunk_(other.thunk_), callable_(std::exchange(other.callable_, nullptr)) {}

shipped_callable& shipped_callable::operator=(shipped_callable&& other) noexcept {
  std::swap(thunk_, other.thunk_);
  std::swap(callable_, other.callable_);
  return *this;
}

shipped_callable::~shipped_callable() {
  if (callable_) thunk_->destroy(callable_);
}

}  // namespace cohort::detail
