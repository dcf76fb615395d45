// Requests: sends and receives under way.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/core.hpp>
#include <cohort/detail/incoming.hpp>
#include <cohort/status.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace cohort {

namespace detail {

// What a receive needs between its start and its wait: the room, and how bytes become the value.
class completion {
 public:
  virtual ~completion() = default;
  virtual void finish(message_facts& facts, const call& where) = 0;
  bool filled = false;  // the value has come
};

template <class Incoming>
class completion_of final : public completion {
 public:
  template <class Target>
  completion_of(std::shared_ptr<runtime::communicator_state> communicator, Target&& target)
      : incoming(std::forward<Target>(target)), communicator_(std::move(communicator)) {}
  void finish(message_facts& facts, const call& where) override {
    detail::finish(incoming, *communicator_, facts, where, "wait");
  }
  Incoming incoming;

 private:
  std::shared_ptr<runtime::communicator_state> communicator_;
};

template <class T>
class completion_with_value final : public completion {
 public:
  explicit completion_with_value(std::shared_ptr<runtime::communicator_state> communicator)
      : communicator_(std::move(communicator)) {}
  void finish(message_facts& facts, const call& where) override {
    detail::finish(incoming, *communicator_, facts, where, "wait");
  }
  T value{};
  detail::incoming<T> incoming{value};

 private:
  std::shared_ptr<runtime::communicator_state> communicator_;
};

}  // namespace detail

// A send, receive or collective that was started. Movable; the one that is moved from holds
// nothing, and waiting for it is a request_error. One that is dropped neither blocks nor leaves
// anybody with a dangling buffer: a receive is taken back (its message waits for the next receive),
// a send goes on with a copy of its bytes, and so does a collective, whose result at this rank is
// lost.
//   auto r = world.isend(1, 7, std::span(field));
//   compute(); r.wait();
class request {
 public:
  request() = default;
  explicit request(runtime::pending&& p) : pending_(std::move(p)) {}
  request(std::unique_ptr<detail::completion> completion, runtime::pending&& p)
      : completion_(std::move(completion)), pending_(std::move(p)) {}
  request(request&&) = default;
  request& operator=(request&& other) noexcept {
    pending_ = std::move(other.pending_);  // first: what it drops may point into our completion
    completion_ = std::move(other.completion_);
    return *this;
  }

  // Blocks until the operation has ended. Throws what went wrong with it (type_error,
  // truncation_error, rank_failed, archive_error), timeout_error when the deadline passed (the
  // request stays active), request_error where there is nothing to wait for.
  status wait(call where = {}) {
    if (pending_.settled() && !completion_) return status(pending_.collect());
    return finish(where);
  }

  // The same without blocking: nothing while the operation is under way.
  std::optional<status> test(call where = {}) {
    if (!runtime::test(pending_, where)) return std::nullopt;
    return wait(where);
  }

  // Takes the operation back if it has not been matched yet; wait() then gives a status that is
  // cancelled(). Never blocks.
  void cancel(call where = {}) { runtime::cancel(pending_, where); }

  // Starts a request of send_init or recv_init; wait() makes it startable again. request_error for
  // any other request and for one that is active.
  void start(call where = {}) { runtime::start(pending_, where); }

  // Started, and not waited for yet.
  bool active() const noexcept { return runtime::active(pending_); }

  // For the functions over many requests.
  runtime::pending& state() noexcept { return pending_; }

 protected:
  // A receive's value has come.
  bool filled() const noexcept { return completion_ && completion_->filled; }

 private:
  status finish(const call& where) {
    auto facts = runtime::wait(pending_, where);
    if (!completion_) return status(facts);
    if (!facts.cancelled && facts.source != null_rank) completion_->finish(facts, where);
    completion_->filled = !facts.cancelled;
    return status(facts);
  }

  // In this order: an operation that is dropped still knows the room in the completion.
  std::unique_ptr<detail::completion> completion_;
  runtime::pending pending_;
};

// A request that yields the value it receives.
//   auto r = world.irecv<std::vector<double>>(0, 7);
//   compute(); std::vector<double> v = r.get();
template <class T>
class value_request : public request {
 public:
  value_request() = default;
  value_request(value_request&& other) noexcept
      : request(std::move(other)), value_(std::exchange(other.value_, nullptr)) {}
  value_request& operator=(value_request&& other) noexcept {
    request::operator=(std::move(other));
    value_ = std::exchange(other.value_, nullptr);
    return *this;
  }

  // For the functions that start operations: the value is in the room, or in what it holds.
  value_request(std::unique_ptr<detail::completion> room, T* value, runtime::pending&& p)
      : request(std::move(room), std::move(p)), value_(value) {}
  // Used by communicator::irecv.
  static value_request start(const std::shared_ptr<runtime::communicator_state>& comm, int source,
                             int tag, const call& where) {
    auto room = std::make_unique<detail::completion_with_value<T>>(comm);
    auto* value = &room->value;
    auto under_way = runtime::start_receive(comm, source, tag, room->incoming.place(), where);
    return value_request(std::move(room), value, std::move(under_way));
  }

  // Waits, unless wait() or test() has seen the end, and moves the value out, once. Throws as
  // wait(); after timeout_error it can be called again. request_error where there is no value: it
  // was taken already, or the receive has failed or was cancelled.
  T get(call where = {}) {
    if (active()) wait(where);
    if (!filled() || !value_) runtime::throw_invalid_request("get", where);
    return std::move(*std::exchange(value_, nullptr));
  }

 private:
  T* value_ = nullptr;
};

}  // namespace cohort
