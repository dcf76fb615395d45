// A thread that tells a sleeper of this process when a descriptor is ready: sleepers sleep on words
// in shared memory, and descriptors change none.
#pragma once

#include "multiprocessing/family/participant.hpp"
#include "runtime/descriptor.hpp"

#include <poll.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cohort::multiprocessing {

class descriptor_watch {
 public:
  // Throws resource_error.
  descriptor_watch(participant& me, const std::vector<pollfd>& descriptors);
  ~descriptor_watch();
  descriptor_watch(const descriptor_watch&) = delete;
  descriptor_watch& operator=(const descriptor_watch&) = delete;

  // Set before the participant's doorbell is rung.
  bool is_ready() const { return ready_.load(std::memory_order_seq_cst); }

 private:
  void watch();

  participant& me_;
  std::vector<pollfd> polled_;  // the last one is stop_
  runtime::unique_descriptor stop_;
  std::atomic<bool> ready_{false};
  std::thread thread_;
};

// Which are ready now. Throws argument_error for one that is not open, resource_error.
void poll_now(std::vector<pollfd>& descriptors, const call& where);

}  // namespace cohort::multiprocessing
