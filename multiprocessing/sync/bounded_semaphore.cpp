#include <cohort/multiprocessing/bounded_semaphore.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/monitor.hpp"
#include "multiprocessing/sync/permits.hpp"
#include "multiprocessing/sync/tally.hpp"

#include <algorithm>
#include <string>

namespace cohort {

namespace mp = multiprocessing;

namespace {

// `borrowed`, who has how many, is the truth; `total` is their sum.
struct bounded_state {
  mp::monitor entrance;
  mp::shared_u32 bound;
  mp::shared_u32 total;
  mp::tally borrowed;
};

// One who uses the semaphore.
class borrower {
 public:
  explicit borrower(const mp::object_ref& object)
      : me_(object->owner()), state_(object->payload_as<bounded_state>()) {}

  bool acquire(const call& where) {
    return mp::wait_in(
        me_, state_.entrance, "acquire", where, [this] { recount(); }, [&] { return take(); });
  }
  bool try_acquire() {
    const mp::monitor_lock lock = enter("try_acquire", {});
    return take();
  }
  // Whether so many had been acquired.
  bool release(std::uint32_t count, const call& where) {
    {
      const mp::monitor_lock lock = enter("release", where);
      if (total() < count) return false;
      for (std::uint32_t left = count; left != 0;) left -= give_back(left);
    }
    if (count != 0) state_.entrance.news.notify(static_cast<int>(count));
    return true;
  }
  std::uint32_t available() {
    const mp::monitor_lock lock = enter("available", {});
    return state_.bound.load(std::memory_order_relaxed) - total();
  }

 private:
  void recount() { set_total(state_.borrowed.recount(me_.shared())); }
  mp::monitor_lock enter(const char* operation, const call& where) {
    return {me_, state_.entrance, operation, where, [this] { recount(); }};
  }

  std::uint32_t total() const { return state_.total.load(std::memory_order_relaxed); }
  void set_total(std::uint32_t total) { state_.total.store(total, std::memory_order_relaxed); }

  bool take() {
    if (total() >= state_.bound.load(std::memory_order_relaxed)) return false;
    state_.borrowed.set(me_.id(), state_.borrowed.of(me_.id()) + 1);
    set_total(total() + 1);
    return true;
  }

  // Up to `most` permits of one participant, which is this one if it has any.
  std::uint32_t give_back(std::uint32_t most) {
    const mp::participant_id whose =
        state_.borrowed.of(me_.id()) != 0 ? me_.id() : state_.borrowed.anybody(me_.shared());
    const std::uint32_t had = state_.borrowed.of(whose);
    const std::uint32_t given = std::min(had, most);
    state_.borrowed.set(whose, had - given);
    set_total(total() - given);
    return given;
  }

  mp::participant& me_;
  bounded_state& state_;
};

}  // namespace

bounded_semaphore::bounded_semaphore(std::ptrdiff_t permits, call where)
    : shared_handle(mp::make_object(kind, sizeof(bounded_state), class_name,
                                    mp::permitted(class_name, permits, where))) {
  object_->payload_as<bounded_state>().bound.store(static_cast<std::uint32_t>(permits),
                                                   std::memory_order_relaxed);
}

void bounded_semaphore::acquire(call where) {
  if (!acquire_before(where)) mp::throw_no_permit(class_name, where);
}

bool bounded_semaphore::try_acquire() {
  return borrower(object_).try_acquire();
}

bool bounded_semaphore::acquire_before(call where) {
  return borrower(object_).acquire(where);
}

void bounded_semaphore::release(std::ptrdiff_t count, call where) {
  if (borrower(object_).release(mp::permits_to_release(class_name, count, where), where)) return;
  throw usage_error(
      "more permits of this bounded_semaphore are released than have been acquired; "
      "each release() belongs to one acquire() before it",
      {.operation = "release", .site = where.site});
}

std::ptrdiff_t bounded_semaphore::available() const {
  return borrower(object_).available();
}

}  // namespace cohort
