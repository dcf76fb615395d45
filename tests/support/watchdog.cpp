#include "support/watchdog.hpp"

#include "runtime/arena.hpp"
#include "runtime/communicator_state.hpp"
#include "runtime/member.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace cohort::test {

watchdog::watchdog(std::string test, std::chrono::seconds limit)
    : test_(std::move(test)), thread_([this, limit] { guard(limit); }) {}

watchdog::~watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void watchdog::watch(const communicator& world) {
  auto memory = world.state({}).home().shared_memory();
  const std::scoped_lock lock(mutex_);
  memory_ = std::move(memory);
}

void watchdog::guard(std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, limit, [this] { return over_; })) return;
  report(limit);
  std::abort();
}

void watchdog::report(std::chrono::seconds limit) const {
  std::fprintf(stderr, "watchdog: %s has not ended within %lld s\n", test_.c_str(),
               static_cast<long long>(limit.count()));
  if (!memory_) return;
  for (std::uint32_t rank = 0; rank < memory_->header().ranks; ++rank) {
    const auto waits = runtime::describe_wait(*memory_, rank);
    std::fprintf(stderr, "watchdog: rank %u %s\n", rank,
                 waits ? ("has been in " + *waits).c_str() : "sleeps in no call");
  }
}

}  // namespace cohort::test
