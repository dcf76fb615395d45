// The news that a process died that had a lock, in a form that can't be overlooked.
#pragma once

#include <cohort/error.hpp>

#include <memory>
#include <string>
#include <utility>

namespace cohort {

namespace detail {

// A lock that is held until this object ends.
class lock_in_doubt {
 public:
  lock_in_doubt() = default;
  lock_in_doubt(const lock_in_doubt&) = delete;
  lock_in_doubt& operator=(const lock_in_doubt&) = delete;
  virtual ~lock_in_doubt() = default;
  virtual void repaired() noexcept = 0;
};

}  // namespace detail

// Thrown by lock(), try_lock() and their kin where the lock's owner died with it. What the lock
// guards may be half changed, so no std::scoped_lock comes into being, and the code that follows
// does not run. The exception itself has the lock until it, and every copy of it, is gone: the
// handler repairs the data and says so.
//
//   void add(cohort::mutex& m, table& t) try {
//     std::scoped_lock lock(m);
//     t.add();
//   } catch (const cohort::owner_died& news) {
//     t.repair();           // nobody else has the lock meanwhile
//     news.repaired();
//   }
//
// Without repaired() the lock is released still in doubt, and the next to get it is told the same:
// a handler that knows nothing of locks, `catch (const std::exception&)`, hides nothing. Code that
// wants to repair and go on uses the form without exceptions:
//
//   if (m.lock(std::nothrow) == cohort::lock_status::owner_died) {
//     t.repair();
//     m.mark_repaired();
//   }
//   std::scoped_lock lock(std::adopt_lock, m);
//
// A std::exception_ptr to it has the lock, too.
class owner_died : public error {
 public:
  owner_died(const std::string& message, const error_context& context,
             std::shared_ptr<detail::lock_in_doubt> held)
      : error(message, context), held_(std::move(held)) {}

  // The data is as it should be: the next to lock is told nothing.
  void repaired() const noexcept { held_->repaired(); }

 private:
  std::shared_ptr<detail::lock_in_doubt> held_;
};

}  // namespace cohort
