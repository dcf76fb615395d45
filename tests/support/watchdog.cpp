#include "support/watchdog.hpp"

#include "runtime/arena.hpp"
#include "runtime/communicator_state.hpp"
#include "runtime/member.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace cohort::test {

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int slowness = 3;
#else
constexpr int slowness = 1;
#endif

}  // namespace

watchdog::watchdog(std::string test, std::chrono::seconds limit)
    : test_(std::move(test)), limit_(limit * slowness), thread_([this] { guard(); }) {}

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

void watchdog::guard() {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, limit_, [this] { return over_; })) return;
  report();
  std::abort();
}

void watchdog::report() const {
  std::fprintf(stderr, "watchdog: %s has not ended within %lld s\n", test_.c_str(),
               static_cast<long long>(limit_.count()));
  if (!memory_) return;
  for (std::uint32_t rank = 0; rank < memory_->header().ranks; ++rank) {
    const auto waits = runtime::describe_wait(*memory_, rank);
    std::fprintf(stderr, "watchdog: rank %u %s\n", rank,
                 waits ? ("has been in " + *waits).c_str() : "sleeps in no call");
  }
}

}  // namespace cohort::test
