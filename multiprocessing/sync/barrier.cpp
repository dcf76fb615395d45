#include <cohort/multiprocessing/barrier.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/rendezvous.hpp"

#include <string>

namespace cohort {

namespace mp = multiprocessing;

namespace {

mp::rendezvous rounds_of(const mp::object_ref& object) {
  return {object->owner(), object->payload_as<mp::rendezvous_state>()};
}

void require_passed(mp::round_outcome outcome, const call& where) {
  switch (outcome) {
    case mp::round_outcome::passed:
      return;
    case mp::round_outcome::late:
      throw broken_barrier(
          "the deadline has passed before all had come, which breaks the barrier "
          "for all; wait longer, and call reset() to use it again",
          {.operation = "wait", .site = where.site});
    case mp::round_outcome::broken:
      break;
  }
  throw broken_barrier(
      "the barrier is broken: a waiter has died, was late or failed, or abort() "
      "or reset() was called; call reset() to use it again",
      {.operation = "wait", .site = where.site});
}

const call& require_a_party(int parties, const call& where) {
  if (parties >= 1) return where;
  throw argument_error("a barrier can't have " + std::to_string(parties) +
                           " parties; give the number of those that wait, at least 1",
                       {.operation = barrier::class_name, .site = where.site});
}

}  // namespace

barrier::barrier(int parties, call where)
    : shared_handle(mp::make_object(kind, sizeof(mp::rendezvous_state), class_name,
                                    require_a_party(parties, where))) {
  object_->payload_as<mp::rendezvous_state>().parties.store(static_cast<std::uint32_t>(parties),
                                                            std::memory_order_relaxed);
}

barrier::arrival barrier::arrive(const call& where) {
  mp::rendezvous rounds = rounds_of(object_);
  std::uint32_t index = 0;
  require_passed(rounds.enter(index, where), where);
  return {static_cast<int>(index), rounds.is_last(index)};
}

int barrier::leave(const arrival& mine, const call& where) {
  mp::rendezvous rounds = rounds_of(object_);
  if (mine.last) rounds.release_all(where);
  require_passed(rounds.leave(where), where);
  return mine.index;
}

void barrier::fail(const call& where) {
  mp::rendezvous rounds = rounds_of(object_);
  rounds.break_it("wait", where);
  rounds.leave(where);
}

void barrier::abort(call where) {
  rounds_of(object_).break_it("abort", where);
}

void barrier::reset(call where) {
  rounds_of(object_).reset(where);
}

int barrier::parties() const {
  return static_cast<int>(rounds_of(object_).parties());
}

int barrier::n_waiting(call where) const {
  return static_cast<int>(rounds_of(object_).waiting(where));
}

bool barrier::broken(call where) const {
  return rounds_of(object_).broken(where);
}

}  // namespace cohort
