// The communicator: ranks that send to and receive from each other.
#pragma once

#include <cohort/call.hpp>
#include <cohort/constants.hpp>
#include <cohort/detail/core.hpp>
#include <cohort/detail/incoming.hpp>
#include <cohort/detail/outgoing.hpp>
#include <cohort/group.hpp>
#include <cohort/message.hpp>
#include <cohort/request.hpp>
#include <cohort/status.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace cohort {

// How two communicators relate.
enum class comparison {
  identical,  // the same communicator
  congruent,  // the same ranks in the same order, separate messages
  similar,    // the same ranks in another order
  unequal,
};

// A set of ranks, numbered 0 to size()-1, whose messages never mix with another communicator's.
// A handle: copies are the same communicator.
//
// Common to all calls. A value of any type is one message; a std::span (or a pointer and a count)
// is that many elements. Messages from one rank to another are received in the order in which they
// were sent by receives that match them. Blocking calls take a deadline as their last argument,
// cohort::within(100ms) or cohort::until(t), and then throw timeout_error. Errors: argument_error
// for a rank or tag that does not exist; rank_failed if the call needs a rank that is dead or has
// left the job; resource_error if memory runs out; usage_error before the environment, after its
// end, on the null communicator, and from a thread that the thread level excludes.
//
// Failures of collectives. A rank that dies while others need it, a deadline that passes, ranks
// that call different collectives, a call that throws: each closes the communicator's collectives.
// Every rank that is in one, or enters one later, throws: rank_failed for a death, timeout_error
// where the deadline passed, else collective_error. A rank whose part was done before sees it in
// its next one. Results of a call that throws are unspecified. Point-to-point calls go on as
// before, and shrink() gives those that are left a communicator whose collectives work.
//
//   cohort::communicator world;
//   if (world.rank() == 0) world.send(1, 7, 2.5);
//   if (world.rank() == 1) double x = world.recv<double>(0, 7, cohort::within(100ms));
class communicator {
 public:
  // All ranks of the job: of the calling thread's rank where it is one, else of the process's.
  // Throws usage_error where there is no environment.
  explicit communicator(call where = {}) : state_(runtime::default_world(where)) {}
  // The ranks of `group` out of `parent`, in the group's order; collective over parent, so that all
  // its ranks must call it. Null for ranks outside. O(parent.size()) messages.
  //   cohort::communicator pair(world, world.group().include(std::array{0, 1}));
  communicator(const communicator& parent, const cohort::group& group, call where = {});
  // For the functions that make communicators.
  explicit communicator(std::shared_ptr<runtime::communicator_state> state)
      : state_(std::move(state)) {}

  // False for the null communicator, which split() gives a rank of colour `undefined`.
  explicit operator bool() const noexcept { return state_ != nullptr; }

  // The caller's rank, from 0, and the number of ranks. Local; so is group().
  int rank(call where = {}) const { return runtime::rank(state(where)); }
  int size(call where = {}) const { return runtime::size(state(where)); }
  // All ranks, in order.
  cohort::group group(call where = {}) const;

  // Sends ---------------------------------------------------------------------------------------

  // Sends one value to rank `dest` with a tag from 0 to max_tag; null_rank gets nothing. Returns
  // when `value` may be changed: after a short message (COHORT_EAGER_LIMIT, 8 KiB) at once, after a
  // long one when it is received; so two ranks that both first send a long one wait for each other.
  // After timeout_error nothing was sent. Cost: linear in the bytes.
  //   world.send(1, 7, std::map<std::string, int>{{"apples", 3}});
  template <detail::value T>
  void send(int dest, int tag, const T& value, call where = {}) const {
    send_value(dest, tag, value, runtime::completion::standard, where, "send");
  }
  // Sends the elements of a span, or `count` elements (argument_error if negative) from a pointer.
  //   world.send(1, 7, std::span(field).first(100));
  template <class T, std::size_t Extent>
  void send(int dest, int tag, std::span<T, Extent> elements, call where = {}) const {
    send_span(dest, tag, elements, runtime::completion::standard, where, "send");
  }
  template <class T>
  void send(int dest, int tag, const T* elements, int count, call where = {}) const {
    send(dest, tag, checked_span(elements, count, "send", where), where);
  }
  // Sends the characters of a literal, as a std::string.
  void send(int dest, int tag, const char* text, call where = {}) const {
    send(dest, tag, std::span(std::string_view(text)), where);
  }
  // Sends an empty message.
  void send(int dest, int tag, call where = {}) const {
    send(dest, tag, std::span<const std::byte>(), where);
  }

  // Synchronous: the same, but returns only when the message has been received. Which sends a
  // program relies on to be buffered shows where they are replaced by this.
  //   world.ssend(1, 7, x);
  template <detail::value T>
  void ssend(int dest, int tag, const T& value, call where = {}) const {
    send_value(dest, tag, value, runtime::completion::synchronous, where, "ssend");
  }
  template <class T, std::size_t Extent>
  void ssend(int dest, int tag, std::span<T, Extent> elements, call where = {}) const {
    send_span(dest, tag, elements, runtime::completion::synchronous, where, "ssend");
  }
  template <class T>
  void ssend(int dest, int tag, const T* elements, int count, call where = {}) const {
    ssend(dest, tag, checked_span(elements, count, "ssend", where), where);
  }
  void ssend(int dest, int tag, const char* text, call where = {}) const {
    ssend(dest, tag, std::span(std::string_view(text)), where);
  }
  void ssend(int dest, int tag, call where = {}) const {
    ssend(dest, tag, std::span<const std::byte>(), where);
  }

  // Starts a send. A value is owned by the runtime from here on: copied if it is an lvalue, moved
  // in if it is not. The elements of a span or behind a pointer are borrowed and must stay as they
  // are until the request has ended. Never blocks.
  //   cohort::request r = world.isend(1, 7, std::move(lines));
  template <class T>
    requires detail::value<std::remove_cvref_t<T>>
  request isend(int dest, int tag, T&& value, call where = {}) const {
    return request(detail::start_sending(share(where), dest, tag, std::forward<T>(value),
                                         runtime::completion::standard, where));
  }
  template <class T, std::size_t Extent>
  request isend(int dest, int tag, std::span<T, Extent> elements, call where = {}) const {
    return isend_span(dest, tag, elements, runtime::completion::standard, where);
  }
  template <class T>
  request isend(int dest, int tag, const T* elements, int count, call where = {}) const {
    return isend(dest, tag, checked_span(elements, count, "isend", where), where);
  }
  request isend(int dest, int tag, const char* text, call where = {}) const {
    return isend(dest, tag, std::string(text), where);
  }
  request isend(int dest, int tag, call where = {}) const {
    return isend(dest, tag, std::span<const std::byte>(), where);
  }

  // Starts a synchronous send: it ends only when the message has been received. Otherwise as isend.
  template <class T>
    requires detail::value<std::remove_cvref_t<T>>
  request issend(int dest, int tag, T&& value, call where = {}) const {
    return request(detail::start_sending(share(where), dest, tag, std::forward<T>(value),
                                         runtime::completion::synchronous, where));
  }
  template <class T, std::size_t Extent>
  request issend(int dest, int tag, std::span<T, Extent> elements, call where = {}) const {
    return isend_span(dest, tag, elements, runtime::completion::synchronous, where);
  }
  template <class T>
  request issend(int dest, int tag, const T* elements, int count, call where = {}) const {
    return issend(dest, tag, checked_span(elements, count, "issend", where), where);
  }
  request issend(int dest, int tag, const char* text, call where = {}) const {
    return issend(dest, tag, std::string(text), where);
  }
  request issend(int dest, int tag, call where = {}) const {
    return issend(dest, tag, std::span<const std::byte>(), where);
  }

  // Receives ------------------------------------------------------------------------------------

  // Receives one value from `source` (or any_source) with `tag` (or any_tag); its size need not be
  // known. From null_rank it is a default value. Throws type_error, truncation_error (both keep the
  // message) or archive_error. With any_source, rank_failed once for each rank that dies, and
  // whenever nobody else is left. T needs a default constructor.
  //   auto stock = world.recv<std::map<std::string, int>>(0, 7);
  template <class T>
  T recv(int source, int tag, call where = {}) const {
    T value{};
    recv(source, tag, value, where);
    return value;
  }
  // The same, and tells where it came from.
  template <class T>
  T recv(int source, int tag, status& facts, call where = {}) const {
    T value{};
    facts = recv(source, tag, value, where);
    return value;
  }
  // Receives one value into an object; a vector or string gets the size of the message. After
  // archive_error the object is valid but unspecified.
  //   cohort::status s = world.recv(cohort::any_source, 7, lines);
  template <detail::value T>
  status recv(int source, int tag, T& value, call where = {}) const {
    detail::incoming<T> room(value);
    return receive_into(source, tag, room, where);
  }
  // Receives up to elements.size() elements; status::count() tells how many came. truncation_error
  // if there are more.
  //   std::size_t n = world.recv(0, 7, std::span(room)).count<double>().value();
  template <class T, std::size_t Extent>
  status recv(int source, int tag, std::span<T, Extent> elements, call where = {}) const {
    detail::incoming_span<T> room(elements);
    return receive_into(source, tag, room, where);
  }
  template <class T>
  status recv(int source, int tag, T* elements, int count, call where = {}) const {
    return recv(source, tag, checked_span(elements, count, "recv", where), where);
  }
  // Receives a message without contents.
  status recv(int source, int tag, call where = {}) const {
    return status(runtime::receive(state(where), source, tag, detail::nothing(), where));
  }

  // Starts a receive of a value whose size need not be known; get() waits and yields it.
  //   auto r = world.irecv<std::vector<double>>(0, 7);
  //   compute(); std::vector<double> v = r.get();
  template <class T>
  value_request<T> irecv(int source, int tag, call where = {}) const {
    return value_request<T>::start(share(where), source, tag, where);
  }
  // Starts a receive into an object, a span, or `count` elements behind a pointer, which must stay
  // until the request has ended. The
  // value is there after wait() or a successful test(), not before.
  template <detail::value T>
  request irecv(int source, int tag, T& value, call where = {}) const {
    return irecv_into<detail::incoming<T>>(source, tag, value, where);
  }
  template <class T, std::size_t Extent>
  request irecv(int source, int tag, std::span<T, Extent> elements, call where = {}) const {
    return irecv_into<detail::incoming_span<T>>(source, tag, std::span<T>(elements), where);
  }
  template <class T>
  request irecv(int source, int tag, T* elements, int count, call where = {}) const {
    return irecv(source, tag, checked_span(elements, count, "irecv", where), where);
  }
  request irecv(int source, int tag, call where = {}) const {
    return request(runtime::start_receive(share(where), source, tag, detail::nothing(), where));
  }

  // Probes --------------------------------------------------------------------------------------

  // Waits for a message without receiving it. Where several threads receive, another may take it
  // first: use mprobe.
  //   auto n = world.probe(0, 7).count<double>();
  status probe(int source = any_source, int tag = any_tag, call where = {}) const {
    return status(runtime::probe(state(where), source, tag, where));
  }
  // The message that a receive would get now, if any.
  std::optional<status> iprobe(int source = any_source, int tag = any_tag, call where = {}) const {
    const auto facts = runtime::try_probe(state(where), source, tag, where);
    if (!facts) return std::nullopt;
    return status(*facts);
  }
  // The same, and takes the message out of the queue, for its holder to receive.
  message mprobe(int source = any_source, int tag = any_tag, call where = {}) const {
    detail::message_facts facts;
    auto* held = runtime::matched_probe(state(where), source, tag, facts, where);
    return message(state_, held, facts);
  }
  std::optional<message> improbe(int source = any_source, int tag = any_tag,
                                 call where = {}) const {
    detail::message_facts facts;
    auto* held = runtime::try_matched_probe(state(where), source, tag, facts, where);
    if (!held && source != null_rank) return std::nullopt;
    return message(state_, held, facts);
  }

  // Both at once --------------------------------------------------------------------------------

  // Sends to `dest` and receives from `source`, whichever order the others choose. Avoids the
  // deadlock of ranks that all send first (each waits for a receive that comes after its own send)
  // or all receive first.
  //   auto left = world.sendrecv<double>(right_rank, 0, mine, left_rank, 0);
  template <class R, detail::value T>
  R sendrecv(int dest, int send_tag, const T& value, int source, int receive_tag,
             call where = {}) const {
    R received{};
    sendrecv(dest, send_tag, value, source, receive_tag, received, where);
    return received;
  }
  template <detail::value T, detail::value R>
  status sendrecv(int dest, int send_tag, const T& value, int source, int receive_tag, R& received,
                  call where = {}) const {
    detail::incoming<R> room(received);
    return detail::with_payload(value, [&](const detail::payload& what) {
      return both(dest, send_tag, what, source, receive_tag, room, where);
    });
  }
  template <class T, std::size_t Extent, class R, std::size_t Room>
  status sendrecv(int dest, int send_tag, std::span<T, Extent> elements, int source,
                  int receive_tag, std::span<R, Room> received, call where = {}) const {
    detail::incoming_span<R> room(received);
    return detail::with_payload_of_span(elements, [&](const detail::payload& what) {
      return both(dest, send_tag, what, source, receive_tag, room, where);
    });
  }

  // Persistent ----------------------------------------------------------------------------------

  // A send or receive of the same elements to be started many times. The elements, which must be of
  // a type that travels as bytes, are borrowed for as long as the request lives.
  //   auto r = world.send_init(1, 7, std::span(halo));
  //   for (…) { r.start(); compute(); r.wait(); }
  template <class T, std::size_t Extent>
    requires detail::direct<std::remove_cv_t<T>>
  request send_init(int dest, int tag, std::span<T, Extent> elements, call where = {}) const {
    return detail::with_payload_of_span(elements, [&](const detail::payload& what) {
      return request(runtime::make_send(share(where), dest, tag, what, where));
    });
  }
  template <class T, std::size_t Extent>
    requires detail::direct<T>
  request recv_init(int source, int tag, std::span<T, Extent> elements, call where = {}) const {
    detail::incoming_span<T> room(elements);
    return request(runtime::make_receive(share(where), source, tag, room.place(), where));
  }

  // Communicators -------------------------------------------------------------------------------

  // Collective: the same ranks, separate messages; for libraries. O(size()) messages.
  communicator dup(call where = {}) const;
  // Collective: one communicator per colour, its ranks ordered by key, equal keys by rank. Colour
  // `undefined` gives the null communicator, any other negative one is an argument_error. O(size())
  // messages. resource_error after 8 million communicators of a job.
  //   communicator row = world.split(world.rank() / columns);
  communicator split(int color, int key, call where = {}) const;
  communicator split(int color, call where = {}) const { return split(color, rank(where), where); }
  // Collective: one communicator per host, whose ranks share memory, in the order of their ranks.
  communicator split_host(call where = {}) const;
  // Collective over the ranks that are left, after a failure of a collective or at any time: they
  // agree on who is left, and get a communicator of those, in the order of their ranks. Ranks that
  // die meanwhile are left out, or are dead ranks of what is made; then call it again, on that.
  // Waits for every rank that is neither dead nor has left the job; timeout_error when the deadline
  // passes, after which it may be called again. O(size()) shared words, no messages.
  //   catch (const cohort::rank_failed&) { world = world.shrink(); }
  communicator shrink(call where = {}) const;
  // How the two relate; local. Equal are communicators that are identical.
  comparison compare(const communicator& other) const;
  bool operator==(const communicator& other) const {
    return compare(other) == comparison::identical;
  }

  // Collective: returns when every rank has come here; rank_failed where one died before it did.
  // O(log size()) messages a rank.
  void barrier(call where = {}) const;

  // Ends the whole job with this exit code, at once.
  [[noreturn]] void abort(int code, call where = {}) const;

  // For the other parts of the library.
  runtime::communicator_state& state(const call& where) const { return *share(where); }
  const std::shared_ptr<runtime::communicator_state>& share(const call& where) const {
    if (!state_) [[unlikely]]
      throw_null(where);
    return state_;
  }

 private:
  [[noreturn]] static void throw_null(const call& where);
  [[noreturn]] void throw_negative(int count, const char* name, const call& where) const;

  template <class T>
  std::span<T> checked_span(T* elements, int count, const char* name, const call& where) const {
    if (count < 0) [[unlikely]]
      throw_negative(count, name, where);
    return {elements, static_cast<std::size_t>(count)};
  }

  template <class T>
  void send_value(int dest, int tag, const T& value, runtime::completion how, const call& where,
                  const char* name) const {
    detail::with_payload(value, [&](const detail::payload& what) {
      runtime::send(state(where), dest, tag, what, how, where, name);
    });
  }
  template <class T, std::size_t Extent>
  void send_span(int dest, int tag, std::span<T, Extent> elements, runtime::completion how,
                 const call& where, const char* name) const {
    detail::with_payload_of_span(elements, [&](const detail::payload& what) {
      runtime::send(state(where), dest, tag, what, how, where, name);
    });
  }
  template <class T, std::size_t Extent>
  request isend_span(int dest, int tag, std::span<T, Extent> elements, runtime::completion how,
                     const call& where) const {
    return detail::with_payload_of_span(elements, [&](const detail::payload& what) {
      if constexpr (detail::direct<std::remove_cv_t<T>>) {
        return request(runtime::start_send(share(where), dest, tag, what, how, where));
      } else {  // what is sent is a packed copy, which the operation keeps
        return request(runtime::start_send(
            share(where), dest, tag, what, how, where,
            [](void* context, byte_buffer& bytes, std::shared_ptr<void>&) -> const void* {
              const auto& from = *static_cast<const detail::payload*>(context);
              bytes.append(from.data, from.bytes);
              return bytes.data();
            },
            const_cast<detail::payload*>(&what)));
      }
    });
  }
  template <class Room>
  status receive_into(int source, int tag, Room& room, const call& where) const {
    auto facts = runtime::receive(state(where), source, tag, room.place(), where);
    if (facts.source != null_rank) detail::finish(room, *state_, facts, where, "recv");
    return status(facts);
  }
  template <class Room, class Target>
  request irecv_into(int source, int tag, Target&& target, const call& where) const {
    if constexpr (Room::bare) {
      return request(
          runtime::start_receive(share(where), source, tag, Room(target).place(), where));
    } else {
      auto room =
          std::make_unique<detail::completion_of<Room>>(share(where), std::forward<Target>(target));
      auto started =
          runtime::start_receive(share(where), source, tag, room->incoming.place(), where);
      return request(std::move(room), std::move(started));
    }
  }
  template <class Room>
  status both(int dest, int send_tag, const detail::payload& what, int source, int receive_tag,
              Room& room, const call& where) const {
    auto facts = runtime::send_and_receive(state(where), dest, send_tag, what, source, receive_tag,
                                           room.place(), where);
    if (facts.source != null_rank) detail::finish(room, *state_, facts, where, "sendrecv");
    return status(facts);
  }

  std::shared_ptr<runtime::communicator_state> state_;
};

}  // namespace cohort
