#include "multiprocessing/manager/link.hpp"

#include <cohort/archive.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/remote_error.hpp>

#include "multiprocessing/channel/turn.hpp"

#include <sys/wait.h>

#include <cstring>
#include <string>

namespace cohort::multiprocessing {

namespace {

// After timeouts: so many requests may wait for the server, which is busy, before a call waits for
// room instead.
constexpr std::uint32_t most_unanswered = 16;

runtime::wait_reason reason(const call& where) {
  return {"call", runtime::no_peer, 0, 0, where.site};
}

std::string ending_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    return " ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
  }
  return " ended with exit code " + std::to_string(WEXITSTATUS(wait_status));
}

}  // namespace

std::shared_ptr<manager_link> manager_link::of(const object_ref& manager) {
  const std::lock_guard lock(manager->owner().attachments_mutex());
  std::shared_ptr<void>& companion = manager->companion();
  if (!companion) companion = std::make_shared<std::weak_ptr<manager_link>>();
  auto& known = *static_cast<std::weak_ptr<manager_link>*>(companion.get());
  auto link = known.lock();
  if (!link) known = link = std::make_shared<manager_link>(manager);
  return link;
}

manager_link::~manager_link() {
  if (!lane_ || me().left()) return;
  // Unless a link that was made meanwhile has a lane there.
  std::uint64_t mine = packed(lane_->name());
  state().lanes[slot_of(me().id())].compare_exchange_strong(mine, 0, std::memory_order_seq_cst);
  state().changed();
}

void manager_link::lease_dropped() noexcept {
  if (!me().left()) state().changed();
}

void manager_link::stop() noexcept {
  if (me().left()) return;
  state().stopping.store(1, std::memory_order_seq_cst);
  state().changed();
}

void manager_link::check_usable(const call& where) const {
  if (me().left()) {
    throw usage_error("the environment has ended; keep it alive until the last call of a proxy",
                      {.operation = "call", .site = where.site});
  }
  if (state().server.load(std::memory_order_relaxed) == me().id()) {
    throw usage_error(
        "a function that runs in a manager's server calls a proxy of the same manager, and would "
        "wait for itself; give the function the values that it needs",
        {.operation = "call", .site = where.site});
  }
}

void manager_link::open_lane() {
  auto lane = std::make_shared<attachment>(
      manager_->shared_owner(), create_object(me(), lane_state::kind, lane_state::bytes));
  auto& shared = lane->payload_as<lane_state>();
  ring::create(me().shared(), shared.request_ring(), lane_state::requests);
  ring::create(me().shared(), shared.answer_ring(), lane_state::answers);
  shared.caller.store(me().id(), std::memory_order_relaxed);
  requests_.emplace(me(), lane->name(), shared.request_ring());
  answers_.emplace(me(), lane->name(), shared.answer_ring());
  lane_ = std::move(lane);
  state().lanes[slot_of(me().id())].store(packed(lane_->name()), std::memory_order_seq_cst);
  state().changed();
}

bool manager_link::server_lives() const {
  return me().shared().alive(state().server.load(std::memory_order_relaxed));
}

// The answer to the last request, if it is there. Others are of calls that have given up.
bool manager_link::receive(record& answer) {
  while (answers_->readable() && answers_->front(answer)) {
    answered_ = answer.type;
    if (answer.type == sent_) return true;
    answers_->pop(answer);
  }
  return false;
}

std::span<const std::byte> manager_link::exchange(byte_buffer& bytes, const call& where) {
  check_usable(where);
  {
    const turn mine(me(), turn_, reason(where), where.limit);
    if (!mine) throw_late(where);
    if (!lane_) open_lane();
    wait_for_room(where);
    send(bytes);
    const record answer = wait_for_answer(where);
    bytes.clear();
    bytes.append(answer.data, answer.bytes);
    answers_->pop(answer);
  }
  return result_in(bytes, where);
}

void manager_link::wait_for_room(const call& where) {
  const auto room = [&] {
    record late;
    receive(late);
    return sent_ - answered_ < most_unanswered || is_unanswered() || !server_lives();
  };
  if (!me().wait(lane().bell, room, reason(where), where.limit)) throw_late(where);
}

void manager_link::send(const byte_buffer& bytes) {
  if (++sent_ == 0) ++sent_;  // what `unanswered` says in the beginning
  const record_room place = requests_->begin(sent_, bytes.size());
  std::memcpy(place.data, bytes.data(), bytes.size());
  requests_->publish(place);
  wake_sleeper(state().bell);
}

record manager_link::wait_for_answer(const call& where) {
  record answer;
  bool there = false;
  const auto ready = [&] {
    there = receive(answer);
    return there || is_unanswered() || !server_lives();
  };
  if (!me().wait(lane().bell, ready, reason(where), where.limit)) throw_late(where);
  // It may have answered and ended between two looks.
  if (there || receive(answer)) return answer;
  if (is_unanswered()) {
    throw resource_error("the manager has no memory for the answer",
                         {.operation = "call", .site = where.site});
  }
  throw_ended(where);
}

std::span<const std::byte> manager_link::result_in(byte_buffer& bytes, const call& where) const {
  packed_iarchive archive(bytes.bytes());
  answer_kind kind{};
  archive.load_binary(&kind, sizeof kind, "an answer");
  if (kind == answer_kind::result) return bytes.bytes().subspan(sizeof kind);
  remote_failure failure;
  archive >> failure;
  throw remote_error(std::move(failure), {.operation = "call", .site = where.site});
}

void manager_link::throw_late(const call& where) const {
  throw timeout_error(std::string(state().name) +
                          " has not answered before the deadline; what was asked of it may be "
                          "carried out all the same",
                      {.operation = "call", .site = where.site});
}

void manager_link::throw_ended(const call& where) const {
  const manager_state& manager = state();
  const participant_id server = manager.server.load(std::memory_order_acquire);
  const participant_entry& entry = me().shared().participant(slot_of(server));
  std::string what = std::string("the server ") + manager.name + " (pid " +
                     std::to_string(manager.pid.load(std::memory_order_relaxed)) + ")";
  if (manager.stopping.load(std::memory_order_acquire) != 0) {
    what += " was shut down";
  } else if (entry.incarnation.load(std::memory_order_acquire) == incarnation_of(server)) {
    what += ending_of(entry.wait_status.load(std::memory_order_relaxed));
    if (entry.phase.load(std::memory_order_relaxed) == 0) {
      what +=
          " without ever having made an environment; the first line of main must be "
          "`cohort::environment env(argc, argv);`";
    }
  } else {
    what += " has ended";
  }
  throw process_failed(what + "; its objects are gone", {.operation = "call", .site = where.site});
}

}  // namespace cohort::multiprocessing
