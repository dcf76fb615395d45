// Holding the lock of the shared region: its tables are as they should be meanwhile.
#pragma once

#include "multiprocessing/family/recoverable_lock.hpp"

namespace cohort::multiprocessing {

// Repairs what a dead holder has left, and gives back what ended participants held, before the
// constructor returns. Every step of both may be repeated, so that it may die as well.
class region_lock {
 public:
  explicit region_lock(participant& me);
  ~region_lock() { release(me_.shared().header().lock); }
  region_lock(const region_lock&) = delete;
  region_lock& operator=(const region_lock&) = delete;

 private:
  participant& me_;
};

// Of a live object, by the holder of the lock: ends it, and all its parts.
void end_object(const region& shared, std::uint32_t index);
// Whether somebody holds it, or a handle of it is under way.
bool is_wanted(const object_entry& object);

}  // namespace cohort::multiprocessing
