// A pipe between processes: messages from one end to the other, in both directions or in one.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/call.hpp>
#include <cohort/detail/incoming.hpp>
#include <cohort/detail/outgoing.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/multiprocessing/detail/take_back.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cohort {

namespace multiprocessing {
class connection_state;
}

// One end of a pipe. A copy means the same end; it can be an argument of a process, an item of a
// queue and a part of a message. All processes and threads that have copies of an end may use it,
// also at the same time: each message is sent and received by one of them, whole. (One object of
// this class is not to be used by a thread while another closes it or assigns to it.)
//
//   auto [mine, theirs] = cohort::pipe();
//   cohort::process p(work, theirs);   // there: theirs.send(6 * theirs.recv<int>());
//   theirs.close();                    // so that the end of p is the end of file here
//   mine.send(7);
//   int answer = mine.recv<int>();
//
// An end is closed when no process has a copy of it any more: by close(), by the end of the copies'
// lives, or by the end of the processes, however they end. Then what was sent can still be received
// at the other end; behind it, recv is end_of_file, and send there is an error.
//
// All functions throw closed_error after close().
class connection {
 public:
  // An end that is closed: a place for one that is to come.
  connection() noexcept = default;

  // Sends one message. Waits while too many that are sent are not yet received: for some tens of
  // kilobytes of short ones, some megabytes of long ones. Throws timeout_error; closed_error where
  // the other end is closed; usage_error where a one-way pipe goes the other way.
  template <detail::value T>
  void send(const T& value, call where = {}) const {
    detail::with_payload(value, [&](const detail::payload& bytes) {
      if constexpr (detail::travels_as<T> == detail::travel::serialized) {
        detail::or_take_back<T>(bytes, [&] { put("send", bytes, where); });
      } else {
        put("send", bytes, where);
      }
    });
  }
  // Receives one message, which is a T. Throws end_of_file; timeout_error; type_error or
  // truncation_error where the message is something else, and then keeps it; archive_error where
  // its bytes make no T, and then it is gone; usage_error where a one-way pipe goes the other way.
  template <class T>
  T recv(call where = {}) const {
    T value{};
    recv(value, where);
    return value;
  }
  template <detail::value T>
  void recv(T& value, call where = {}) const {
    detail::incoming<T> room(value);
    room.finish(take("recv", room.place(), where));
  }

  // Whether recv would not wait: a message is there, or the end of file. Consumes nothing.
  bool poll() const;
  // The same; waits for it until the deadline: c.poll(cohort::within(1s)).
  bool poll(call where) const;

  // Messages as plain bytes: as they were sent, whatever their type.
  void send_bytes(std::span<const std::byte> bytes, call where = {}) const;
  std::vector<std::byte> recv_bytes(call where = {}) const;
  // Returns the length of the message. truncation_error where it is longer than the room; it is
  // kept, so that recv_bytes() gets the whole.
  std::size_t recv_bytes_into(std::span<std::byte> room, call where = {}) const;

  bool readable() const;  // whether messages come to this end
  bool writable() const;

  // This copy is used no more.
  void close() noexcept { state_.reset(); }
  bool closed() const noexcept { return state_ == nullptr; }

  friend bool operator==(const connection& a, const connection& b);

  // For the packed archives, as with all handles of what processes share.
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    detail::handle_bytes end;
    detail::handle_bytes whole;
    if constexpr (Archive::is_saving::value) {
      handles_out(end, whole);
      archive& end.index& end.generation& whole.index& whole.generation;
    } else {
      archive& end.index& end.generation& whole.index& whole.generation;
      handles_in(end, whole);
    }
  }

 private:
  friend std::pair<connection, connection> pipe(bool duplex, call where);
  friend class waitable;

  void put(const char* operation, const detail::payload& bytes, const call& where) const;
  detail::message_facts take(const char* operation, const detail::sink& place,
                             const call& where) const;
  multiprocessing::connection_state& open(const char* operation, const call& where) const;
  void handles_out(detail::handle_bytes& end, detail::handle_bytes& whole) const;
  void handles_in(detail::handle_bytes end, detail::handle_bytes whole);

  std::shared_ptr<multiprocessing::connection_state> state_;
};

// A pipe's two ends. Where it is not duplex, the first only receives and the second only sends.
// Throws usage_error without an environment, resource_error.
//   auto [reader, writer] = cohort::pipe(false);
std::pair<connection, connection> pipe(bool duplex = true, call where = {});

}  // namespace cohort
