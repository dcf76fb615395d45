// Processes as their handles show them.
#include <cohort/archive.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/process.hpp>

#include "multiprocessing/family/steward.hpp"
#include "multiprocessing/process/access.hpp"
#include "multiprocessing/process/origin.hpp"
#include "multiprocessing/process/start.hpp"
#include "multiprocessing/process/state.hpp"
#include "runtime/system.hpp"

#include <sys/wait.h>

#include <csignal>
#include <utility>

namespace cohort {

using multiprocessing::child;
using multiprocessing::current_participant;
using multiprocessing::participant;
using multiprocessing::steward;

namespace {

[[noreturn]] void refuse(const char* operation, const std::string& why, const call& where) {
  throw usage_error(why, {.operation = operation, .site = where.site});
}

void check_open(const detail::process_state& state, const char* operation, const call& where) {
  if (state.closed) refuse(operation, "this process object is closed", where);
}

// The process behind a handle that this process has started.
child& started(const detail::process_state& state, const char* operation, const call& where) {
  check_open(state, operation, where);
  if (!state.running) refuse(operation, "the process has not been started", where);
  if (state.started_by != ::getpid()) {
    refuse(operation,
           "the process is a child of process " + std::to_string(state.started_by) +
               ", and only its parent can look after it",
           where);
  }
  return *state.running;
}

void draw_name(detail::process_state& state, const std::string& class_name) {
  if (!state.lineage.empty()) return;
  const auto me = current_participant("process", call(call_site::unknown()));
  const std::string own = me->is_rank() ? "" : std::string(me->entry().lineage) + ":";
  state.lineage = own + std::to_string(steward::of(*me)->next_number());
  if (!state.name) state.name = class_name + "-" + state.lineage;
}

void check_before_start(const detail::process_state& state, const char* operation) {
  const call here(call_site::unknown());
  check_open(state, operation, here);
  if (state.running || state.is_this_process) {
    refuse(operation, "the process has been started, and this can be set before only", here);
  }
}

void send_signal(const detail::process_state& state, int number, const char* operation,
                 const call& where) {
  if (!started(state, operation, where).signal(number)) {
    throw resource_error("can't send a signal to process " + std::to_string(state.running->pid()) +
                             ": " + runtime::describe_errno(errno),
                         {.operation = operation, .site = where.site});
  }
}

}  // namespace

process::process() noexcept = default;
process::process(process&& other) noexcept = default;
process& process::operator=(process&& other) noexcept = default;
process::~process() = default;

process::process(std::unique_ptr<detail::process_work> work) {
  state().work = std::move(work);
}

process::process(std::unique_ptr<detail::process_state> state) noexcept
    : state_(std::move(state)) {}

detail::process_state& process::state() const {
  if (!state_) state_ = std::make_unique<detail::process_state>();
  return *state_;
}

void process::encode_work(packed_oarchive& archive) const {
  if (!state().work) {
    refuse("start", "there is nothing to run: this object was not given a function",
           call(call_site::unknown()));
  }
  state().work->encode(archive);
}

std::string process::class_name() const {
  return "process";
}

void process::become_this_process() {
  const auto me = current_participant("process", call(call_site::unknown()));
  state().is_this_process = true;
  state().name = multiprocessing::name_of(*me);
  state().lineage = me->entry().lineage;
  state().daemon = me->entry().daemon.load(std::memory_order_acquire) != 0;
}

std::string process::name() const {
  check_open(state(), "name", call(call_site::unknown()));
  if (!state().name) draw_name(state(), class_name());
  return *state().name;
}

void process::set_name(const std::string& name) {
  check_before_start(state(), "set_name");
  constexpr std::size_t longest = sizeof(multiprocessing::participant_entry::name) - 1;
  if (name.empty() || name.size() > longest || name.find('\0') != name.npos) {
    throw argument_error("a name has 1 to " + std::to_string(longest) + " bytes, none of them 0",
                         {.operation = "set_name"});
  }
  state().name = name;
}

bool process::daemon() const {
  const call here(call_site::unknown());
  check_open(state(), "daemon", here);
  if (state().daemon) return *state().daemon;
  const auto me = current_participant("daemon", here);
  return me->entry().daemon.load(std::memory_order_acquire) != 0;
}

void process::set_daemon(bool daemon) {
  check_before_start(state(), "set_daemon");
  state().daemon = daemon;
}

void process::set_orphan_grace(std::chrono::nanoseconds grace) {
  check_before_start(state(), "set_orphan_grace");
  if (grace < grace.zero()) {
    throw argument_error("a time can't be negative", {.operation = "set_orphan_grace"});
  }
  state().orphan_grace = grace;
}

void process::start(call where) {
  detail::process_state& mine = state();
  check_open(mine, "start", where);
  if (mine.running || mine.is_this_process) {
    refuse("start", "the process has been started before; a process object is started once", where);
  }
  auto me = current_participant("start", where);
  if (me->entry().daemon.load(std::memory_order_acquire) != 0) {
    refuse("start",
           "this process (" + multiprocessing::name_of(*me) +
               ") is a daemon, and daemons can't have children: they would be left when it is "
               "terminated; start it with set_daemon(false)",
           where);
  }
  draw_name(mine, class_name());
  mine.daemon = daemon();
  multiprocessing::child_plan plan{*mine.name, mine.lineage, *mine.daemon, {}};
  packed_oarchive archive(plan.start);
  archive << multiprocessing::start_facts{multiprocessing::name_of(*me), ::getpid(),
                                          mine.orphan_grace.count()};
  encode_work(archive);
  mine.running = multiprocessing::start_child(*me, plan);
  mine.started_by = ::getpid();
  mine.parent = std::move(me);
  mine.work.reset();
}

bool process::join(call where) {
  child& other = started(state(), "join", where);
  const runtime::wait_reason why{"join", runtime::no_peer, 0, 0, where.site};
  // Its copy: another thread may close the object meanwhile.
  const auto parent = state().parent;
  if (!parent->wait(
          other.news(), [&] { return other.ended(); }, why, where.limit, true))
    return false;
  if (!other.joined() && WIFEXITED(other.wait_status())) {
    throw start_error("process " + other.facts().name + " ended with exit code " +
                          std::to_string(WEXITSTATUS(other.wait_status())) +
                          " without having called its function: it never made an environment. The "
                          "first line of main must be `cohort::environment env(argc, argv);`",
                      {.operation = "join", .site = where.site});
  }
  return true;
}

bool process::is_alive() const {
  check_open(state(), "is_alive", call(call_site::unknown()));
  return state().is_this_process || (state().running && !state().running->ended());
}

std::optional<int> process::exit_code() const {
  check_open(state(), "exit_code", call(call_site::unknown()));
  if (!state().running || !state().running->ended()) return std::nullopt;
  const int status = state().running->wait_status();
  if (status == child::unknown_status) return 255;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int process::pid() const {
  check_open(state(), "pid", call(call_site::unknown()));
  if (state().is_this_process) return ::getpid();
  return state().running ? state().running->pid() : 0;
}

void process::terminate(call where) {
  send_signal(state(), SIGTERM, "terminate", where);
}

void process::kill(call where) {
  send_signal(state(), SIGKILL, "kill", where);
}

int process::sentinel(call where) const {
  return started(state(), "sentinel", where).handle();
}

void process::close(call where) {
  detail::process_state& mine = state();
  if (mine.closed) return;
  if (mine.is_this_process || (mine.running && !mine.running->ended())) {
    refuse("close", "the process is alive; join() it first, or terminate() it and join() it",
           where);
  }
  mine.closed = true;
  mine.running.reset();
  mine.parent.reset();
  mine.work.reset();
}

const child& process_access::running(const process& started) {
  return *started.state().running;
}

std::vector<process> process_access::living(const std::shared_ptr<participant>& me) {
  std::vector<process> found;
  for (auto& each : steward::of(*me)->living()) {
    auto state = std::make_unique<detail::process_state>();
    state->name = each->facts().name;
    state->daemon = each->facts().daemon;
    state->started_by = ::getpid();
    state->parent = me;
    state->running = std::move(each);
    found.push_back(process(std::move(state)));
  }
  return found;
}

}  // namespace cohort
