#include <cohort/multiprocessing/semaphore.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/lock_outcome.hpp"
#include "multiprocessing/sync/permits.hpp"

namespace cohort {

namespace mp = multiprocessing;

namespace {

// `permits` is all that there is: it goes down and up by one atomic operation.
struct semaphore_state {
  mp::shared_u32 permits;
  runtime::wait_word news;
};
static_assert(sizeof(semaphore_state) <= mp::inline_payload);

semaphore_state& state_of(const mp::object_ref& object) {
  return object->payload_as<semaphore_state>();
}

// Acquire: who gets a permit sees what was done before it was released.
bool take_one(semaphore_state& state) {
  std::uint32_t now = state.permits.load(std::memory_order_relaxed);
  while (now != 0) {
    if (state.permits.compare_exchange_weak(now, now - 1, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

}  // namespace

semaphore::semaphore(std::ptrdiff_t permits, call where)
    : shared_handle(mp::make_object(kind, sizeof(semaphore_state), class_name,
                                    mp::permitted(class_name, permits, where))) {
  state_of(object_).permits.store(static_cast<std::uint32_t>(permits), std::memory_order_relaxed);
}

void semaphore::acquire(call where) {
  if (!acquire_before(where)) mp::throw_no_permit(class_name, where);
}

bool semaphore::try_acquire() {
  return take_one(state_of(object_));
}

bool semaphore::acquire_before(call where) {
  semaphore_state& state = state_of(object_);
  return object_->owner().wait(
      state.news, [&] { return take_one(state); }, mp::reason("acquire", where), where.limit);
}

void semaphore::release(std::ptrdiff_t count, call where) {
  const std::uint32_t more = mp::permits_to_release(class_name, count, where);
  semaphore_state& state = state_of(object_);
  std::uint32_t now = state.permits.load(std::memory_order_relaxed);
  do {
    if (static_cast<std::ptrdiff_t>(now) + count > max()) {
      throw argument_error("a semaphore has no more than " + std::to_string(max()) +
                               " permits; release what has been acquired",
                           {.operation = "release", .site = where.site});
    }
    // Sequentially consistent, as wait_word demands of what its waiters look at.
  } while (!state.permits.compare_exchange_weak(now, now + more, std::memory_order_seq_cst,
                                                std::memory_order_relaxed));
  if (more != 0) state.news.notify(static_cast<int>(more));
}

std::ptrdiff_t semaphore::available() const {
  return state_of(object_).permits.load(std::memory_order_relaxed);
}

}  // namespace cohort
