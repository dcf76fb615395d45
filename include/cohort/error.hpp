// The one hierarchy of errors. Every error says what happened, where, and what to do about it.
#pragma once

#include <cohort/call.hpp>

#include <stdexcept>
#include <string>

namespace cohort {

// What an error is about. Parts that do not apply keep their default.
struct error_context {
  int rank = -1;               // the rank that the error was raised in, in the world communicator
  const char* operation = "";  // the routine, as the user wrote it: "recv", "wait_all", …
  int peer = -1;               // the other rank, in the communicator of the call
  int tag = -1;
  call_site site = call_site::unknown();
};

// Base of all errors of cohort. what() reads: routine, problem, remedy, then rank and file:line.
//   try { world.recv<int>(1, 7, cohort::within(1s)); }
//   catch (const cohort::rank_failed& e) { std::cerr << e.peer() << " is gone: " << e.what(); }
class error : public std::runtime_error {
 public:
  error(const std::string& message, const error_context& context);

  // The message without the place.
  const std::string& message() const noexcept { return message_; }
  int rank() const noexcept { return context_.rank; }
  const char* operation() const noexcept { return context_.operation; }
  // Boost.MPI's name of operation().
  const char* routine() const noexcept { return context_.operation; }
  int peer() const noexcept { return context_.peer; }
  int tag() const noexcept { return context_.tag; }
  const call_site& where() const noexcept { return context_.site; }

 private:
  std::string message_;
  error_context context_;
};

// Boost.MPI's name of the base class.
using exception = error;

// A rank, tag, count or other argument is out of its range.
class argument_error : public error {
  using error::error;
};

// The message has elements of another type than the receive asked for. The message is kept: a
// receive that asks for the right type gets it.
class type_error : public error {
  using error::error;
};

// The message is longer than the place given for it. The message is kept: a receive with room for
// it gets it.
class truncation_error : public error {
  using error::error;
};

// The bytes of a serialized value make no sense: cut short, a length beyond the end, an index of no
// alternative, bytes left over.
class archive_error : public error {
  using error::error;
};

// A deadline passed; the message says what was missing.
class timeout_error : public error {
  using error::error;
};

// The call needs a rank that is dead or has left the job; peer() names it.
class rank_failed : public error {
  using error::error;
};

// The ranks of a communicator disagree about a collective: the message says who called what and
// where. Or a collective can't be carried out any more because another rank has given up: its
// deadline passed, or its call threw. The communicator's collectives are closed (communicator.hpp).
class collective_error : public error {
  using error::error;
};

// A request was used that is moved from, already collected, or of the wrong kind.
class request_error : public error {
  using error::error;
};

// A use that the state of the library forbids: no environment, after its end, in a fork()ed child,
// from a thread that the thread level excludes.
class usage_error : public error {
  using error::error;
};

// Memory, descriptors or processes ran out, or a system call failed.
class resource_error : public error {
  using error::error;
};

// A COHORT_ setting is unknown or has a value that it can't have.
class setting_error : public error {
  using error::error;
};

// The job could not be started or joined.
class start_error : public error {
  using error::error;
};

// A queue, a pipe, a pool or a process was used after it was closed: here, or, of a pipe to be
// written to, at its other end.
class closed_error : public error {
  using error::error;
};

// Nothing more will come: the other end of a pipe is closed, or the process that had it has ended.
class end_of_file : public error {
  using error::error;
};

// A barrier between processes can't be passed any more: a waiter gave up, has died, or abort() was
// called. reset() mends it.
class broken_barrier : public error {
  using error::error;
};

// A task was cancelled before it had a result.
class cancelled_error : public error {
  using error::error;
};

// A process that was needed has ended: the worker that had the task, the server of a manager. The
// message names it, its signal or exit code, and its host.
class process_failed : public error {
  using error::error;
};

// A callable has come from another process and this one does not have its code: it is of another
// build of the program, or of a library that is not loaded here. The message gives both build-ids.
class callable_error : public error {
  using error::error;
};

}  // namespace cohort
