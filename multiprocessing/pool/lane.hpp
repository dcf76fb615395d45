// The pool's end of a lane: one worker, what it has been given, and how far it is.
#pragma once

#include <cohort/multiprocessing/detail/process_executor.hpp>

#include "multiprocessing/family/child.hpp"
#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/pool/lane_layout.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

namespace cohort::multiprocessing {

// One piece of work on its way through the pool.
struct assignment {
  std::unique_ptr<detail::remote_work> what;
  const void* owner = nullptr;
  task_options options;
  std::uint32_t number = 0;  // in its lane
  int deaths = 0;            // of workers that were executing it
  std::int64_t bytes = 0;    // of its record
  bool cancelled = false;    // to be failed where it is not executed

  std::size_t left() const noexcept { return what->size() - what->settled(); }
};

// What is between the calls of a lane's functions is the pool's business: its mutex guards all but
// the rings. Records are put by one thread at a time, which has set `writing`, and taken by the one
// that serves.
class lane {
 public:
  lane(const object_ref& pool, std::uint32_t index);

  // Puts a record; without the pool's mutex. Throws what encoding the callable throws, and
  // resource_error; then nothing is sent. Returns the record's bytes.
  std::int64_t send(assignment& next);
  void send_finish();

  // Works of a number from `first` on that the worker has not begun, and now never will, leave
  // `given`; who may have been begun just now stay.
  std::deque<assignment> recall(std::uint32_t first);
  // Whether the worker may have begun it.
  bool begun(std::uint32_t number) const;
  // Of that work, the item that the worker is at will never end. False: it has ended, or another
  // one is at work.
  bool condemn(const assignment& work);
  // When that item was begun; nothing: the work was not begun.
  std::optional<std::int64_t> item_begun(const assignment& work) const;

  // Of a worker that has died, after all its results are taken: the number of the work that it
  // began last, and what it had done of that and not sent. Throws archive_error.
  std::uint32_t last_begun() const {
    return layout_->status.current.load(std::memory_order_acquire);
  }
  void take_unsent(assignment& work);
  // Makes the lane what it was before the first worker.
  void reset();

  assignment* find(std::uint32_t number);
  // Whether the worker's end is known in the family: a moment later, process->ended() is true.
  bool bereft(const participant& me) const {
    return process && (process->ended() || !me.shared().alive(process->facts().place));
  }
  // Whether it can be given work.
  bool usable() const {
    return (now == state::starting || now == state::ready) && !writing && !process->ended();
  }
  const lane_layout& shared() const { return *layout_; }

  enum class state : std::uint8_t {
    vacant,    // no worker
    starting,  // its initializer has not ended
    ready,
    finishing,  // it has been told to end, or ends of itself
  };

  ring results;
  std::deque<assignment> given;  // in the order of their numbers
  std::shared_ptr<child> process;
  state now = state::vacant;
  bool writing = false;
  std::int64_t bytes_given = 0;  // a record may be taken before it is counted
  std::uint32_t next_number = 1;
  std::exception_ptr condemned_for;  // why the worker is being killed
  std::uint32_t seen_at = 0;         // what it was at when the balance was looked at

 private:
  std::uint32_t place_for(const detail::callable_identity& callable, bool& there);

  object_ref pool_;
  lane_layout* layout_;
  std::byte* area_;
  ring tasks_;
  detail::gathered_bytes gathered_;
  byte_buffer callable_;
  std::array<detail::callable_identity, callable_places> places_;
  std::uint32_t next_place_ = 0;
};

}  // namespace cohort::multiprocessing
