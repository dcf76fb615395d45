// A pipe is a ring for each direction; each end is an object of its own, which tells who has it.
#include <cohort/multiprocessing/pipe.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/channel/connection_state.hpp"
#include "multiprocessing/channel/transfer.hpp"
#include "multiprocessing/memory/region_lock.hpp"
#include "runtime/names.hpp"

#include <utility>

namespace cohort {

namespace mp = multiprocessing;

namespace {

constexpr std::uint32_t pipe_kind = detail::signature_id("pipe");
constexpr std::uint32_t end_kind = detail::signature_id("connection");
constexpr const char* class_name = "pipe";

// Enough for two long messages under way while a third is written.
constexpr std::uint64_t long_bytes = 2 * 1024 * 1024;
constexpr mp::ring_limits limits_of(std::uint32_t side) {
  return {.bytes = long_bytes, .block_bytes = 32 * 1024, .number = side};
}
constexpr std::uint64_t ring_bytes = mp::ring::bytes(limits_of(0));

runtime::wait_reason reason(const char* operation, const call& where) {
  return {operation, runtime::no_peer, 0, 0, where.site};
}
error_context context(const char* operation, const call& where) {
  return {.operation = operation, .site = where.site};
}

[[noreturn]] void throw_too_late(const char* operation, const char* missing, const call& where) {
  throw timeout_error(missing, context(operation, where));
}

}  // namespace

namespace multiprocessing {

connection_state::~connection_state() {
  end_.reset();
  if (can_send()) outgoing().wake_all();
  if (can_receive()) incoming().wake_all();
}

ring connection_state::ring_of(std::uint32_t side) const {
  const std::uint64_t offset = runtime::page + (duplex() ? side * ring_bytes : 0);
  return ring(owner(), whole_->name(), *reinterpret_cast<ring_header*>(whole_->payload() + offset));
}

bool connection_state::peer_lives() const {
  const pipe_state::end_name& name = pipe().ends[1 - side_];
  return object_lives(owner(), {name.index.load(std::memory_order_relaxed),
                                name.generation.load(std::memory_order_relaxed)});
}

bool connection_state::is_peer_gone() {
  const std::uint32_t told = ends_told();
  if (told != ends_seen_.load(std::memory_order_relaxed)) {
    // Gives back what the dead held, or waits for who does.
    { const region_lock lock(owner()); }
    ends_seen_.store(told, std::memory_order_relaxed);
  }
  return !peer_lives();
}

}  // namespace multiprocessing

std::pair<connection, connection> pipe(bool duplex, call where) {
  const mp::object_ref whole =
      mp::make_object(pipe_kind, runtime::page + (duplex ? 2 : 1) * ring_bytes, class_name, where);
  const mp::object_ref ends[] = {
      mp::make_object(end_kind, sizeof(mp::end_state), class_name, where),
      mp::make_object(end_kind, sizeof(mp::end_state), class_name, where)};
  auto& state = whole->payload_as<mp::pipe_state>();
  state.duplex.store(duplex ? 1 : 0, std::memory_order_relaxed);
  const mp::region& shared = whole->owner().shared();
  for (std::uint32_t side = 0; side < 2; ++side) {
    const mp::object_name name = ends[side]->name();
    state.ends[side].index.store(name.index, std::memory_order_relaxed);
    state.ends[side].generation.store(name.generation, std::memory_order_relaxed);
    ends[side]->payload_as<mp::end_state>().side.store(side, std::memory_order_relaxed);
    if (!duplex && side == 0) continue;
    mp::ring::create(shared,
                     *reinterpret_cast<mp::ring_header*>(whole->payload() + runtime::page +
                                                         (duplex ? side * ring_bytes : 0)),
                     limits_of(side));
  }
  std::pair<connection, connection> result;
  result.first.state_ = std::make_shared<mp::connection_state>(whole, ends[0]);
  result.second.state_ = std::make_shared<mp::connection_state>(whole, ends[1]);
  return result;
}

mp::connection_state& connection::open(const char* operation, const call& where) const {
  if (!state_) [[unlikely]] {
    throw closed_error("this end of the pipe was closed here; use a copy that was not",
                       context(operation, where));
  }
  return *state_;
}

void connection::put(const char* operation, const detail::payload& bytes, const call& where) const {
  mp::connection_state& state = open(operation, where);
  if (!state.can_send()) [[unlikely]] {
    throw usage_error(
        "this end of a one-way pipe only receives: send at the other, or make the "
        "pipe duplex",
        context(operation, where));
  }
  mp::participant& me = state.owner();
  if (state.is_news(bytes.type->id)) [[unlikely]]
    runtime::remember_name(me.shared().memory(), bytes.type->id, bytes.type->name);
  for (;;) {
    switch (mp::put_record(me, state.outgoing(), bytes, {true, where.limit},
                           reason(operation, where), [&] { return state.may_be_over(); })) {
      case mp::transferred::done:
        return;
      case mp::transferred::not_yet:
        throw_too_late(operation,
                       "the other end has not received enough before the deadline to make room for "
                       "the message; it was not sent",
                       where);
      case mp::transferred::ended:
        if (!state.is_peer_gone()) continue;
        throw closed_error(
            "no process has the other end of the pipe any more; nobody would "
            "receive the message",
            context(operation, where));
    }
  }
}

detail::message_facts connection::take(const char* operation, const detail::sink& place,
                                       const call& where) const {
  mp::connection_state& state = open(operation, where);
  if (!state.can_receive()) [[unlikely]] {
    throw usage_error(
        "this end of a one-way pipe only sends: receive at the other, or make the "
        "pipe duplex",
        context(operation, where));
  }
  mp::participant& me = state.owner();
  detail::message_facts facts;
  for (;;) {
    switch (mp::take_record(
        me, state.incoming(), {true, where.limit}, reason(operation, where),
        [&](const mp::record& next) {
          facts =
              mp::deliver(me.shared().memory(), next, place, class_name, context(operation, where));
        },
        [&] { return state.may_be_over(); })) {
      case mp::transferred::done:
        return facts;
      case mp::transferred::not_yet:
        throw_too_late(operation, "no message came before the deadline", where);
      case mp::transferred::ended:
        // What was sent before the end is looked for once more.
        if (!state.is_peer_gone() || state.incoming().readable()) continue;
        throw end_of_file(
            "no process has the other end of the pipe any more, and all that was sent "
            "there is received",
            context(operation, where));
    }
  }
}

bool connection::poll() const {
  return poll(call(deadline(deadline::clock::time_point())));
}

bool connection::poll(call where) const {
  mp::connection_state& state = open("poll", where);
  if (!state.can_receive()) return false;
  mp::ring from = state.incoming();
  for (;;) {
    if (!mp::wait_readable(state.owner(), from, reason("poll", where), where.limit,
                           [&] { return state.may_be_over(); })) {
      return false;
    }
    if (from.readable() || state.is_peer_gone()) return true;
  }
}

void connection::send_bytes(std::span<const std::byte> bytes, call where) const {
  put("send_bytes", {&detail::element_type_of<std::byte>, bytes.data(), bytes.size()}, where);
}

std::vector<std::byte> connection::recv_bytes(call where) const {
  std::vector<std::byte> bytes;
  detail::sink place{.type = &detail::anything_type,
                     .grow = [](void* owner, std::uint64_t count, std::uint32_t) -> void* {
                       auto& all = *static_cast<std::vector<std::byte>*>(owner);
                       all.resize(static_cast<std::size_t>(count));
                       return all.data();
                     },
                     .owner = &bytes};
  take("recv_bytes", place, where);
  return bytes;
}

std::size_t connection::recv_bytes_into(std::span<std::byte> room, call where) const {
  const detail::sink place{
      .type = &detail::anything_type, .data = room.data(), .capacity = room.size()};
  return static_cast<std::size_t>(take("recv_bytes_into", place, where).bytes);
}

bool connection::readable() const {
  return open("readable", call(call_site::unknown())).can_receive();
}

bool connection::writable() const {
  return open("writable", call(call_site::unknown())).can_send();
}

bool operator==(const connection& a, const connection& b) {
  if (!a.state_ || !b.state_) return a.state_ == b.state_;
  return &a.state_->end() == &b.state_->end();
}

void connection::handles_out(detail::handle_bytes& end, detail::handle_bytes& whole) const {
  const mp::connection_state& state = open("serialize", call(call_site::unknown()));
  end = detail::handle_out(state.end());
  whole = detail::handle_out(state.whole());
}

void connection::handles_in(detail::handle_bytes end, detail::handle_bytes whole) {
  mp::object_ref my_end = detail::handle_in(end, end_kind, "connection");
  mp::object_ref pipe = detail::handle_in(whole, pipe_kind, class_name);
  state_ = std::make_shared<mp::connection_state>(std::move(pipe), std::move(my_end));
}

}  // namespace cohort
