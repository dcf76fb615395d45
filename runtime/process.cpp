#include "runtime/process.hpp"

#include <cohort/detail/core.hpp>
#include <cohort/error.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/processes.hpp"

#include <mutex>

namespace cohort::runtime {

namespace {

thread_local std::shared_ptr<endpoint> thread_endpoint;

struct process_slot {
  std::mutex mutex;
  std::shared_ptr<endpoint> mine;
};
process_slot& process() {
  static process_slot slot;
  return slot;
}

}  // namespace

void set_thread_endpoint(std::shared_ptr<endpoint> mine) {
  thread_endpoint = std::move(mine);
}

void set_process_endpoint(std::shared_ptr<endpoint> mine) {
  const std::lock_guard lock(process().mutex);
  process().mine = std::move(mine);
}

std::shared_ptr<endpoint> current_endpoint() {
  if (thread_endpoint) return thread_endpoint;
  const std::lock_guard lock(process().mutex);
  return process().mine;
}

std::shared_ptr<communicator_state> default_world(const call& where) {
  auto home = current_endpoint();
  if (!home && is_child()) {
    throw usage_error(
        "this process was started by another process of the job and is no rank; give it queues, "
        "pipes or arguments to communicate by",
        {.operation = "communicator", .site = where.site});
  }
  if (!home) {
    throw usage_error(
        "there is no environment; make the first line of main `cohort::environment env(argc, "
        "argv);` and keep it alive until the last communication",
        {.operation = "communicator", .site = where.site});
  }
  home->check_usable("communicator", where);
  return communicator_state::world(std::move(home));
}

int rank(const communicator_state& comm) noexcept {
  return comm.rank();
}
int size(const communicator_state& comm) noexcept {
  return comm.size();
}

}  // namespace cohort::runtime
