// The shared region as code sees it: where its parts are, who lives, and how an end is told.
#pragma once

#include "multiprocessing/family/layout.hpp"
#include "runtime/arena.hpp"

#include <cstdint>

namespace cohort::multiprocessing {

class region {
 public:
  // The arena outlives the view of it.
  explicit region(runtime::arena& memory) : memory_(&memory), map_(memory.map().shared_region()) {}

  runtime::arena& memory() const { return *memory_; }
  const region_map& map() const { return map_; }
  region_header& header() const { return *memory_->at<region_header>(map_.header()); }
  participant_entry& participant(std::uint32_t slot) const {
    return *memory_->at<participant_entry>(map_.participant(slot));
  }
  object_entry& object(std::uint32_t index) const {
    return *memory_->at<object_entry>(map_.object(index));
  }

  // Makes sure that the pages of the header and of the participants exist. Before anything else.
  void open() const;

  // Whether this participant's process has not ended, as far as anybody has told.
  bool alive(participant_id id) const;

  // Says once and for all that a participant's process has ended, and wakes everybody who sleeps,
  // so that whoever waits for it looks again. May be called again, by anybody, and for an id whose
  // slot is another's by now: then it changes nothing. `wait_status` is waitpid's; of a process
  // that is nobody's child any more, 0.
  void publish_end(participant_id id, int wait_status) const;
  // The same for the participant that a rank is, if it is one.
  void publish_rank_end(std::uint32_t member, int wait_status) const;

 private:
  void ring_doorbells() const;

  runtime::arena* memory_;
  region_map map_;
};

}  // namespace cohort::multiprocessing
