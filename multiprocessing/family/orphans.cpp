#include "multiprocessing/family/orphans.hpp"

#include "multiprocessing/family/proc_stat.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace cohort::multiprocessing {

namespace {

// A handle of the participant's process; none if that has ended. The number may be another
// process's by now: the handle is taken first, then looked at who it is.
runtime::unique_descriptor handle_of(const participant_entry& entry) {
  const pid_t pid = entry.pid.load(std::memory_order_acquire);
  const std::uint64_t started = entry.started.load(std::memory_order_acquire);
  // A process that has not said when it began has done nothing here yet, and can't join any more.
  if (pid == 0 || started == 0) return {};
  runtime::unique_descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return {};
  const auto found = read_proc_stat(pid);
  if (!found || found->start_ticks != started) return {};
  return handle;
}

}  // namespace

std::vector<orphan> take_orphans(const region& shared, participant_id dead, participant_id heir) {
  std::vector<orphan> found;
  const std::uint32_t end =
      std::min(shared.header().participants_end.load(std::memory_order_acquire), max_participants);
  for (std::uint32_t slot = 0; slot < end; ++slot) {
    participant_entry& entry = shared.participant(slot);
    const participant_id id = make_id(slot, entry.incarnation.load(std::memory_order_acquire));
    if (entry.parent.load(std::memory_order_acquire) != dead || !shared.alive(id)) continue;
    auto handle = handle_of(entry);
    if (handle) {
      entry.parent.store(heir, std::memory_order_release);
      found.push_back({id, std::move(handle)});
    } else {
      auto grandchildren = take_orphans(shared, id, heir);
      std::move(grandchildren.begin(), grandchildren.end(), std::back_inserter(found));
      shared.publish_end(id, 0);
    }
  }
  return found;
}

}  // namespace cohort::multiprocessing
