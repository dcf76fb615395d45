#include <cohort/multiprocessing/this_process.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/family/steward.hpp"
#include "multiprocessing/process/access.hpp"
#include "multiprocessing/process/origin.hpp"
#include "multiprocessing/process/start.hpp"
#include "runtime/system.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cohort {

namespace {

std::shared_ptr<multiprocessing::participant> here(const char* operation) {
  return multiprocessing::current_participant(operation, call(call_site::unknown()));
}

// Whether the descriptor is readable within so many milliseconds; -1: however long it takes.
bool readable(int descriptor, int milliseconds) {
  pollfd watched{descriptor, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&watched, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

parent_process::parent_process(std::string name, int pid, int sentinel)
    : name_(std::move(name)), pid_(pid), sentinel_(new int(sentinel), [](const int* descriptor) {
        ::close(*descriptor);
        delete descriptor;
      }) {}

bool parent_process::is_alive() const {
  return !readable(*sentinel_, 0);
}

bool parent_process::join(call where) const {
  if (where.limit.never()) return readable(*sentinel_, -1);
  for (;;) {
    const std::int64_t left = where.limit.nanoseconds() - runtime::steady_now();
    // Rounded up, and in pieces that an int holds.
    const std::int64_t milliseconds =
        std::clamp<std::int64_t>((left + 999'999) / 1'000'000, 0, std::int64_t{1} << 30);
    if (readable(*sentinel_, static_cast<int>(milliseconds))) return true;
    if (left <= 0) return false;
  }
}

int parent_process::sentinel() const {
  return *sentinel_;
}

parent_process process_access::parent() {
  const multiprocessing::origin& mine = *multiprocessing::this_origin();
  // What stands for a parent that was dead before it could be watched: always readable.
  const int sentinel =
      mine.parent ? ::fcntl(mine.parent.get(), F_DUPFD_CLOEXEC, 0) : ::eventfd(1, EFD_CLOEXEC);
  if (sentinel < 0) {
    throw resource_error("no descriptor for the parent: " + runtime::describe_errno(errno),
                         {.operation = "parent"});
  }
  return {mine.facts.parent_name, mine.facts.parent_pid, sentinel};
}

namespace this_process {

std::string name() {
  return multiprocessing::name_of(*here("name"));
}

bool daemon() {
  return here("daemon")->entry().daemon.load(std::memory_order_acquire) != 0;
}

std::optional<parent_process> parent() {
  if (here("parent")->is_rank()) return std::nullopt;
  return process_access::parent();
}

std::vector<process> active_children() {
  return process_access::living(here("active_children"));
}

void at_exit(std::function<void()> finalizer) {
  multiprocessing::steward::of(*here("at_exit"))->at_exit(std::move(finalizer));
}

}  // namespace this_process
}  // namespace cohort
