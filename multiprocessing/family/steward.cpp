#include "multiprocessing/family/steward.hpp"

#include <cohort/error.hpp>

#include "runtime/system.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

namespace cohort::multiprocessing {

namespace {

[[noreturn]] void throw_shortage(const char* what) {
  throw resource_error(std::string("can't look after processes: ") + what + ": " +
                           runtime::describe_errno(errno) + "; raise `ulimit -n`",
                       {.operation = "start"});
}

// No signal is ever handled here: handlers are the business of the program's own threads.
class all_signals_blocked {
 public:
  all_signals_blocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~all_signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  all_signals_blocked(const all_signals_blocked&) = delete;
  all_signals_blocked& operator=(const all_signals_blocked&) = delete;

 private:
  sigset_t before_;
};

int wait_status_of(const siginfo_t& ended) {
  if (ended.si_code == CLD_EXITED) return W_EXITCODE(ended.si_status, 0);
  return ended.si_status | (ended.si_code == CLD_DUMPED ? WCOREFLAG : 0);
}

int wait_for(int handle, siginfo_t& ended, int options) {
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(handle), &ended, WEXITED | options);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

bool child::signal(int number) const {
  return ended() || ::syscall(SYS_pidfd_send_signal, handle(), number, nullptr, 0) == 0 ||
         errno == ESRCH;
}

steward::steward(participant& owner) : owner_(owner), process_(::getpid()) {}

steward::~steward() {
  if (process_ != ::getpid()) {
    // A fork()ed child: the processes are not its own, and the thread does not exist in it.
    if (thread_.joinable()) thread_.detach();
    return;
  }
  const auto left = living();
  for (const auto& each : left) each->signal(SIGKILL);
  for (const auto& each : left) await(*each, deadline());
  end_thread();
}

std::shared_ptr<steward> steward::of(participant& owner) {
  const std::lock_guard lock(owner.steward_mutex());
  if (!owner.children()) owner.children() = std::make_shared<steward>(owner);
  return owner.children();
}

void steward::dismiss(participant& owner, bool abandon) {
  std::shared_ptr<steward> mine;
  {
    const std::lock_guard lock(owner.steward_mutex());
    mine = owner.children();
  }
  if (!mine) return;
  mine->wind_down(abandon);
  const std::lock_guard lock(owner.steward_mutex());
  owner.children().reset();
}

std::uint32_t steward::next_number() {
  // The ranks of a job name their processes together.
  auto& number = owner_.is_rank() ? owner_.shared().header().processes_named : numbers_;
  return number.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::shared_ptr<child> steward::start(const spawn_plan& plan, child_facts facts) {
  const std::lock_guard one_by_one(start_mutex_);
  std::unique_lock lock(mutex_);
  if (over_) {
    throw usage_error("this process is about to end, and starts no others any more",
                      {.operation = "start"});
  }
  if (!thread_.joinable()) begin_thread();
  request wanted{plan, std::move(facts), nullptr, nullptr};
  request_ = &wanted;
  ring();
  answered_.wait(lock, [&] { return wanted.done; });
  if (wanted.problem) std::rethrow_exception(wanted.problem);
  return wanted.result;
}

std::vector<std::shared_ptr<child>> steward::living() const {
  const std::lock_guard lock(mutex_);
  return children_;
}

void steward::at_exit(std::function<void()> finalizer) {
  const std::lock_guard lock(mutex_);
  finalizers_.push_back(std::move(finalizer));
}

void steward::await(child& process, deadline limit) {
  const runtime::wait_reason why{"join", runtime::no_peer, 0, 0, call_site::unknown()};
  owner_.wait(
      process.news(), [&] { return process.ended(); }, why, limit, true);
}

void steward::wind_down(bool abandon) {
  for (;;) {
    std::function<void()> finalizer;
    {
      const std::lock_guard lock(mutex_);
      if (finalizers_.empty()) break;
      finalizer = std::move(finalizers_.back());
      finalizers_.pop_back();
    }
    try {
      finalizer();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "cohort: a finalizer failed: %s\n", e.what());
    } catch (...) {
      std::fputs("cohort: a finalizer failed\n", stderr);
    }
  }
  {
    const std::lock_guard one_by_one(start_mutex_);
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  const auto left = living();
  const auto terminated = [&](const std::shared_ptr<child>& each) {
    return abandon || each->facts().daemon;
  };
  for (const auto& each : left) {
    if (terminated(each)) each->signal(SIGTERM);
  }
  const deadline limit = within(std::chrono::seconds(1));
  for (const auto& each : left) {
    if (!terminated(each)) continue;
    await(*each, limit);
    each->signal(SIGKILL);
    await(*each, deadline());
  }
  for (const auto& each : left) await(*each, deadline());
}

void steward::begin_thread() {
  runtime::unique_descriptor bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell) throw_shortage("eventfd");
  runtime::unique_descriptor events(::epoll_create1(EPOLL_CLOEXEC));
  if (!events) throw_shortage("epoll_create1");
  bell_ = std::move(bell);
  events_ = std::move(events);
  if (!watch(bell_.get())) throw_shortage("epoll_ctl");
  const all_signals_blocked inherited;
  thread_ = std::thread([this] { work(); });
}

void steward::end_thread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ring();
  thread_.join();
}

void steward::ring() {
  const std::uint64_t one = 1;
  // Full is as good as rung; nothing else can fail with an eventfd.
  [[maybe_unused]] const auto written = ::write(bell_.get(), &one, sizeof one);
}

bool steward::watch(int handle) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = handle;
  return ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, handle, &event) == 0;
}

void steward::forget(int handle) {
  // Handles that others keep open would be reported for ever. There is nothing to do about an
  // error: the descriptor is open and was added.
  ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, handle, nullptr);
}

// All that follows runs in the steward's thread.

void steward::work() {
  for (;;) {
    std::array<epoll_event, 64> ready;
    const int count = ::epoll_wait(events_.get(), ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int handle = ready[static_cast<std::size_t>(i)].data.fd;
      if (handle != bell_.get()) handle_end(handle);
    }
    const std::lock_guard lock(mutex_);
    std::uint64_t rung = 0;
    while (::read(bell_.get(), &rung, sizeof rung) > 0) {
    }
    if (request_) {
      request* const wanted = std::exchange(request_, nullptr);
      carry_out(*wanted);
      wanted->done = true;
      answered_.notify_all();
    }
    if (stopping_) return;
  }
}

void steward::carry_out(request& wanted) {
  try {
    children_.reserve(children_.size() + 1);
    spawned_process made = spawn(wanted.plan);
    auto started =
        std::make_shared<child>(std::move(wanted.facts), made.pid, std::move(made.handle));
    if (!watch(started->handle())) {
      const int error = errno;
      siginfo_t ended{};
      started->signal(SIGKILL);
      wait_for(started->handle(), ended, 0);
      errno = error;
      throw_shortage("epoll_ctl");
    }
    children_.push_back(started);
    wanted.result = std::move(started);
  } catch (...) {
    wanted.problem = std::current_exception();
  }
}

void steward::handle_end(int handle) {
  std::shared_ptr<child> ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(children_.begin(), children_.end(),
                                    [&](const auto& each) { return each->handle() == handle; });
    if (found != children_.end()) ended = *found;
  }
  forget(handle);
  if (ended) {
    child_has_ended(std::move(ended));
    return;
  }
  const auto found = std::find_if(orphans_.begin(), orphans_.end(),
                                  [&](const orphan& each) { return each.handle.get() == handle; });
  if (found == orphans_.end()) return;
  const orphan gone = std::move(*found);
  orphans_.erase(found);
  take_over_children_of(gone.id);
  owner_.shared().publish_end(gone.id, 0);
}

void steward::child_has_ended(std::shared_ptr<child> ended) {
  siginfo_t end{};
  // Fails where the program waits for any child, or ignores SIGCHLD: then nobody knows any more.
  const bool known = wait_for(ended->handle(), end, WNOWAIT) == 0;
  const int status = known ? wait_status_of(end) : child::unknown_status;
  const participant_id place = ended->facts().place;
  const region& shared = owner_.shared();
  const bool joined = shared.participant(slot_of(place)).phase.load(std::memory_order_acquire) != 0;
  take_over_children_of(place);
  shared.publish_end(place, known ? status : 0);
  if (known) wait_for(ended->handle(), end, 0);
  {
    const std::lock_guard lock(mutex_);
    std::erase(children_, ended);
  }
  const auto last_word = ended->end();
  ended.reset();
  last_word->happen(status, joined);
}

void steward::take_over_children_of(participant_id dead) {
  for (orphan& each : take_orphans(owner_.shared(), dead, owner_.id())) {
    if (watch(each.handle.get())) {
      orphans_.push_back(std::move(each));
    } else {
      // It is being killed by the kernel: this takes no time worth a better way.
      pollfd ended{each.handle.get(), POLLIN, 0};
      while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
      }
      take_over_children_of(each.id);
      owner_.shared().publish_end(each.id, 0);
    }
  }
}

}  // namespace cohort::multiprocessing
