// A message that a matched probe has taken out of the queue: only its holder can receive it.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/core.hpp>
#include <cohort/detail/incoming.hpp>
#include <cohort/status.hpp>

#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace cohort {

// Made by communicator::mprobe and improbe; safe where several threads receive, since nobody else
// can take the message between the probe and the receive. One that is dropped goes back to its
// place in the queue.
//   cohort::message m = world.mprobe(cohort::any_source, 7);
//   std::vector<double> v(m.count<double>().value()); m.recv(std::span(v));
class message {
 public:
  message(std::shared_ptr<runtime::communicator_state> comm, runtime::arrival* held,
          const detail::message_facts& facts)
      : communicator_(std::move(comm)), held_(held), facts_(facts) {}
  message(message&& other) noexcept
      : communicator_(std::move(other.communicator_)),
        held_(std::exchange(other.held_, nullptr)),
        facts_(other.facts_) {}
  message& operator=(message&& other) noexcept {
    release();
    communicator_ = std::move(other.communicator_);
    held_ = std::exchange(other.held_, nullptr);
    facts_ = other.facts_;
    return *this;
  }
  ~message() { release(); }

  // As those of status.
  int source() const noexcept { return facts_.source(); }
  int tag() const noexcept { return facts_.tag(); }
  std::uint64_t bytes() const noexcept { return facts_.bytes(); }
  // As status::count: how many T it has, nothing if it is no whole number of them.
  template <class T>
  std::optional<std::size_t> count() const {
    return facts_.count<T>();
  }

  // Receives it. Throws as communicator::recv; after a type_error or truncation_error the message
  // is still held. request_error where it was received already.
  template <class T>
  status recv(T& object, call where = {}) {
    detail::incoming<T> room(object);
    return receive_into(room, where);
  }
  template <class T, std::size_t Extent>
  status recv(std::span<T, Extent> elements, call where = {}) {
    detail::incoming_span<T> room(elements);
    return receive_into(room, where);
  }
  template <class T>
  T recv(call where = {}) {
    T object{};
    recv(object, where);
    return object;
  }

 private:
  template <class Room>
  status receive_into(Room& room, const call& where) {
    if (facts_.source() == null_rank) return facts_;
    if (!held_) runtime::throw_invalid_request("message::recv", where);
    auto facts = runtime::receive_matched(*communicator_, held_, room.place(), where);
    detail::finish(room, *communicator_, facts, where, "recv");
    return status(facts);
  }
  void release() noexcept {
    if (held_) runtime::release_matched(*communicator_, *std::exchange(held_, nullptr));
  }

  std::shared_ptr<runtime::communicator_state> communicator_;
  runtime::arrival* held_;
  status facts_;
};

}  // namespace cohort
