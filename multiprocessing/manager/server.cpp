#include "multiprocessing/manager/server.hpp"

#include <cohort/archive.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/remote_error.hpp>

#include "multiprocessing/memory/region_lock.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cohort::multiprocessing {

namespace {

// A longer answer's memory is given back.
constexpr std::size_t kept_bytes = 1 << 20;

}  // namespace

manager_server::lane::lane(participant& me, object_ref object)
    : requests(me, object->name(), object->payload_as<lane_state>().request_ring()),
      answers(me, object->name(), object->payload_as<lane_state>().answer_ring()),
      object_(std::move(object)) {}

manager_server::manager_server(object_ref manager)
    : manager_(std::move(manager)),
      name_(std::string(me().entry().name) + " (pid " + std::to_string(::getpid()) + ", " +
            me().memory()->header().host + ")") {}

void manager_server::run() {
  const runtime::wait_reason why{"serve", runtime::no_peer, 0, 0, call_site::unknown()};
  for (;;) {
    if (state().stopping.load(std::memory_order_seq_cst) != 0) return;
    look_around();
    bool served = false;
    for (auto& [slot, each] : lanes_) served |= serve_next(each);
    if (!served) me().wait(state().bell, [&] { return has_news(); }, why, {});
  }
}

bool manager_server::has_news() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const auto& each) { return each.second.requests.readable(); }) ||
         state().changes.load(std::memory_order_seq_cst) != changes_seen_ ||
         me().shared().header().ends.load(std::memory_order_seq_cst) != ends_seen_;
}

void manager_server::look_around() {
  const std::uint32_t changes = state().changes.load(std::memory_order_seq_cst);
  const std::uint32_t ends = me().shared().header().ends.load(std::memory_order_seq_cst);
  if (changes == changes_seen_ && ends == ends_seen_) return;
  if (ends != ends_seen_) {
    const region_lock sweeps(me());  // what ended processes held is given back
  }
  match_lanes();
  end_unleased();
  changes_seen_ = changes;
  ends_seen_ = ends;
}

void manager_server::match_lanes() {
  std::erase_if(lanes_, [&](const auto& each) {
    const auto& [slot, lane] = each;
    return state().lanes[slot].load(std::memory_order_acquire) != lane.name() ||
           !me().shared().alive(lane.caller());
  });
  const std::uint32_t end = std::min(
      me().shared().header().participants_end.load(std::memory_order_acquire), max_participants);
  for (std::uint32_t slot = 0; slot < end; ++slot) {
    const std::uint64_t name = state().lanes[slot].load(std::memory_order_acquire);
    if (name != 0 && !lanes_.contains(slot)) open_lane(slot, name);
  }
}

void manager_server::open_lane(std::uint32_t slot, std::uint64_t name) {
  object_ref object;
  try {
    object = receive(unpacked(name), lane_state::kind, lane_state::class_name);
  } catch (const archive_error&) {
    return;  // it has ended with its caller
  }
  if (object->bytes() != lane_state::bytes) return;
  lane opened(me(), std::move(object));
  if (me().shared().alive(opened.caller())) lanes_.emplace(slot, std::move(opened));
}

// Objects that no process has a proxy of.
void manager_server::end_unleased() {
  const region& shared = me().shared();
  std::erase_if(objects_, [&](const auto& each) {
    const object_name lease = unpacked(each.first);
    const object_entry& entry = shared.object(lease.index);
    return entry.state.load(std::memory_order_acquire) != object_state::live ||
           entry.generation.load(std::memory_order_relaxed) != lease.generation;
  });
}

bool manager_server::serve_next(lane& from) {
  record asked;
  if (!from.requests.front(asked)) return false;
  answer(asked);
  from.requests.pop(asked);
  send_answer(from, asked.type);
  return true;
}

void manager_server::answer(const record& asked) {
  try {
    answer_.clear();
    packed_iarchive request({asked.data, static_cast<std::size_t>(asked.bytes)});
    carry_out(request);
  } catch (...) {
    pack_failure();
  }
}

void manager_server::carry_out(packed_iarchive& request) {
  request_head head;
  request.load_binary(&head, sizeof head, "a request");
  const detail::callable_thunk& thunk = thunk_at(head.thunk);
  packed_oarchive result(answer_);
  const answer_kind kind = answer_kind::result;
  result.save_binary(&kind, sizeof kind);
  const std::uint64_t name = packed(head.object);
  if (head.wanted == request_head::action::make) {
    if (!objects_.try_emplace(name, thunk, request).second) {
      detail::throw_malformed("the proxy stands for an object already");
    }
    return;
  }
  const auto found = objects_.find(name);
  if (found == objects_.end() || !found->second.has(thunk)) {
    detail::throw_malformed("the proxy is of another class than the object, or of another manager");
  }
  found->second.invoke(thunk, request, result);
}

const detail::callable_thunk& manager_server::thunk_at(const detail::code_place& place) {
  const detail::callable_thunk*& known = thunks_[{place.module, place.offset}];
  if (!known) known = &detail::callable_thunk::at(place);
  return *known;
}

void manager_server::pack_failure() {
  answer_.clear();
  packed_oarchive failure(answer_);
  const answer_kind kind = answer_kind::failure;
  failure.save_binary(&kind, sizeof kind);
  failure << remote_failure::of_current_exception(name_);
}

void manager_server::send_answer(lane& to, std::uint32_t number) {
  record_room room;
  for (bool failed = false; !room;) {
    try {
      room = to.answers.begin(number, answer_.size());
    } catch (const resource_error&) {
      if (std::exchange(failed, true)) {
        to.shared().unanswered.store(number, std::memory_order_seq_cst);
        wake_sleeper(to.shared().bell);
        return;
      }
      pack_failure();
    }
  }
  std::memcpy(room.data, answer_.data(), answer_.size());
  to.answers.publish(room);
  wake_sleeper(to.shared().bell);
  if (answer_.capacity() > kept_bytes) answer_ = byte_buffer();
}

}  // namespace cohort::multiprocessing
