// A child's whole life: from the constructor of its environment to its end.
#include <cohort/archive.hpp>
#include <cohort/detail/callable_shipping.hpp>
#include <cohort/error.hpp>

#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/family/proc_stat.hpp"
#include "multiprocessing/family/steward.hpp"
#include "multiprocessing/process/class_name.hpp"
#include "multiprocessing/process/origin.hpp"
#include "runtime/processes.hpp"
#include "runtime/system.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <typeinfo>
#include <utility>

namespace cohort::multiprocessing {

std::optional<origin>& this_origin() {
  static std::optional<origin> mine;
  return mine;
}

namespace {

struct start_descriptors {
  participant_id place = 0;
  int arena = -1;
  int start = -1;
};

start_descriptors parse(const std::string& variable) {
  start_descriptors result;
  std::string_view text = std::string_view(variable).substr(runtime::child_variable.size());
  bool good = true;
  const auto number = [&](auto& value) {
    const auto [next, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    good = good && problem == std::errc();
    text.remove_prefix(static_cast<std::size_t>(next - text.data()));
    if (!text.empty() && text.front() == ',') text.remove_prefix(1);
  };
  number(result.place);
  number(result.arena);
  number(result.start);
  if (!good || !text.empty()) {
    throw start_error("COHORT_JOB=" + variable +
                          " was not made by cohort::process of this version; don't set it by hand",
                      {.operation = "environment"});
  }
  return result;
}

// All that the parent has written.
byte_buffer read_start(int descriptor) {
  const runtime::unique_descriptor file(descriptor);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) {
    throw start_error("can't read what this process is to do: " + runtime::describe_errno(errno),
                      {.operation = "environment"});
  }
  byte_buffer bytes;
  bytes.resize(static_cast<std::size_t>(facts.st_size));
  for (std::size_t have = 0; have < bytes.size();) {
    const ssize_t got =
        ::pread(file.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw start_error("can't read what this process is to do: " +
                            (got == 0 ? "it is cut short" : runtime::describe_errno(errno)),
                        {.operation = "environment"});
    }
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

// The parent that this process has now is the one that started it, or that is dead.
runtime::unique_descriptor handle_of_parent(pid_t parent) {
  runtime::unique_descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, parent, 0)));
  if (::getppid() != parent) handle.reset();
  return handle;
}

// The kernel's signal at the parent's death comes too soon for who wants to see that; so a thread
// watches in its place.
void watch_parent(int parent, std::chrono::nanoseconds grace) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([parent, grace] {
    pollfd watched{parent, POLLIN, 0};
    while (parent >= 0 && ::poll(&watched, 1, -1) < 0 && errno == EINTR) {
    }
    std::this_thread::sleep_for(grace);
    ::kill(::getpid(), SIGKILL);
  }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

// A terminal's Ctrl-C goes to parent and children alike; what becomes of the children is the
// parent's decision, of which its death is one. A second one means it.
void ignore_first_interrupt() {
  struct sigaction action {};
  if (::sigaction(SIGINT, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
  action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, nullptr);
}

bool in_own_process() {
  return runtime::is_child();
}

// By exit(), from wherever it is called.
void end_this_child() {
  if (!in_own_process()) return;
  const auto me = current_participant("exit", call(call_site::unknown()));
  steward::dismiss(*me, false);
  me->leave();
}

// In one write, so that the lines of several processes don't mix.
void print_problem(const participant& me, const std::string& problem) {
  const std::string line = "cohort: process " + std::string(me.entry().name) + " (pid " +
                           std::to_string(::getpid()) + ") ended by an exception: " + problem +
                           "\n";
  std::fflush(stderr);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

// False if it ended by an exception, which is printed.
bool run_work(const participant& me, packed_iarchive& archive) {
  try {
    packed_oarchive no_result;
    const detail::shipped_callable work(archive);
    work(archive, no_result);
    return true;
  } catch (const std::exception& e) {
    if (in_own_process()) print_problem(me, type_name(typeid(e)) + ": " + e.what());
  } catch (...) {
    if (in_own_process()) print_problem(me, "of a type that is no std::exception");
  }
  return false;
}

std::shared_ptr<participant> join_family(const std::string& variable, byte_buffer& start) {
  const start_descriptors inherited = parse(variable);
  auto memory = runtime::arena::open(inherited.arena);
  if (slot_of(inherited.place) < memory->header().ranks) {
    throw start_error("COHORT_JOB=" + variable + " names the place of a rank",
                      {.operation = "environment"});
  }
  const auto chosen = runtime::settings::from_environment();
  auto me = std::make_shared<participant>(std::move(memory), inherited.place, chosen);
  me->entry().phase.store(1, std::memory_order_release);
  if (const auto self = read_proc_stat(::getpid())) {
    me->entry().started.store(self->start_ticks, std::memory_order_release);
  }
  start = read_start(inherited.start);
  return me;
}

}  // namespace

}  // namespace cohort::multiprocessing

namespace cohort::runtime {

void run_child(const std::string& variable) {
  using namespace multiprocessing;
  std::shared_ptr<participant> me;
  packed_iarchive archive;
  try {
    byte_buffer start;
    me = join_family(variable, start);
    ::unsetenv("COHORT_JOB");
    set_process_participant(me);
    archive.assign(std::move(start));
    auto& mine = this_origin().emplace();
    archive >> mine.facts;
    mine.process = ::getpid();
    mine.parent = handle_of_parent(mine.facts.parent_pid);
  } catch (const std::exception& e) {
    // Not to the program, which might catch it and go on as if it were its own parent.
    std::fprintf(stderr, "cohort: a process that was started as a child can't begin: %s\n",
                 e.what());
    std::fflush(nullptr);
    ::_exit(1);
  }
  const origin& mine = *this_origin();
  if (mine.facts.orphan_grace > 0) {
    watch_parent(mine.parent.get(), std::chrono::nanoseconds(mine.facts.orphan_grace));
  }
  ignore_first_interrupt();
  if (std::atexit(end_this_child) != 0) std::abort();  // 32 of them are always possible
  const bool good = run_work(*me, archive);
  if (!in_own_process()) {
    // A fork()ed child has come back from the user's function; it is nobody here.
    std::fflush(nullptr);
    ::_exit(good ? 0 : 1);
  }
  // Its children have nobody any more who would serve them.
  if (!good) steward::dismiss(*me, true);
  me.reset();
  std::exit(good ? 0 : 1);
}

bool is_child() {
  const auto& mine = multiprocessing::this_origin();
  return mine && mine->process == ::getpid();
}

void end_processes(endpoint& home, bool thrown) {
  using namespace multiprocessing;
  if (!home.usable()) return;  // has left, or a fork()ed child, whose processes they are not
  std::shared_ptr<participant> me;
  {
    const std::lock_guard lock(home.participant_mutex());
    me = std::static_pointer_cast<participant>(home.participant());
  }
  if (!me) return;
  steward::dismiss(*me, thrown);
}

}  // namespace cohort::runtime
