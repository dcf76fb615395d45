#include "multiprocessing/sync/lock_outcome.hpp"

#include <cohort/multiprocessing/owner_died.hpp>

#include <memory>
#include <string>
#include <utility>

namespace cohort::multiprocessing {

namespace {

class held_lock final : public detail::lock_in_doubt {
 public:
  held_lock(object_ref lock, const lock_traits& traits) : lock_(std::move(lock)), traits_(traits) {}
  ~held_lock() override { traits_.release(*lock_); }
  void repaired() noexcept override { traits_.mark_repaired(*lock_); }

 private:
  object_ref lock_;
  const lock_traits& traits_;
};

}  // namespace

bool told_by_exception(acquired how, const object_ref& lock, const lock_traits& traits,
                       const char* operation, const call& where) {
  if (how != acquired::from_the_dead) [[likely]]
    return how == acquired::fresh;
  std::shared_ptr<held_lock> held;
  try {
    held = std::make_shared<held_lock>(lock, traits);
  } catch (...) {
    traits.release(*lock);
    throw;
  }
  throw owner_died(std::string("a process died that had this ") + traits.class_name +
                       " locked, so what it guards may be half changed; repair that and call "
                       "repaired() of this exception, which has the lock until it is gone",
                   {.operation = operation, .site = where.site}, std::move(held));
}

lock_status told_by_status(acquired how) {
  switch (how) {
    case acquired::no:
      return lock_status::not_acquired;
    case acquired::fresh:
      return lock_status::acquired;
    case acquired::from_the_dead:
      break;
  }
  return lock_status::owner_died;
}

void throw_lock_timeout(const lock_traits& traits, const call& where) {
  throw timeout_error(std::string("the deadline has passed, and another still has this ") +
                          traits.class_name + "; wait longer, or look for who keeps it so long",
                      {.operation = "lock", .site = where.site});
}

void throw_not_locked(const lock_traits& traits, const char* operation, const call& where) {
  throw usage_error(std::string("this ") + traits.class_name +
                        " is not locked; each unlock belongs to one lock before it",
                    {.operation = operation, .site = where.site});
}

void throw_not_owner(const lock_traits& traits, const char* operation, const call& where) {
  throw usage_error(std::string("this ") + traits.class_name +
                        " is not locked by the caller, and only its owner may do this",
                    {.operation = operation, .site = where.site});
}

}  // namespace cohort::multiprocessing
