#include <cohort/environment.hpp>
#include <cohort/error.hpp>

#include "runtime/job.hpp"
#include "runtime/process.hpp"
#include "runtime/processes.hpp"
#include "runtime/system.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace cohort {

namespace {

// Lets the terminate handler, which gets no argument, find what it needs. The arena is not mapped
// in a fork()ed child, so the process is remembered with it.
std::atomic<runtime::member_entry*> own_entry{nullptr};
std::atomic<pid_t> own_process{0};
std::atomic<std::terminate_handler> handler_before{nullptr};
std::atomic<bool> ended{false};

// Leaves the exception's words where the launcher finds them, then ends as always.
[[noreturn]] void note_last_words() {
  runtime::member_entry* entry = own_entry.load();
  if (entry && own_process.load() == ::getpid() && std::current_exception()) {
    const auto keep = [&](const char* words) {
      std::snprintf(entry->last_words, sizeof entry->last_words, "%s", words);
    };
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception& e) {
      keep(e.what());
    } catch (...) {
      keep("an exception that is no std::exception");
    }
  }
  if (const auto before = handler_before.load()) before();
  std::abort();
}

// What COHORT_JOB says: the rank, the descriptor of the arena, that of the control pipe.
struct start_up {
  std::uint32_t rank;
  int arena;
  int control;
};

std::optional<start_up> read_start_variable() {
  const char* variable = std::getenv("COHORT_JOB");
  if (!variable) return std::nullopt;
  const std::string text(variable);
  start_up result{};
  const char* at = text.c_str();
  const char* const end = at + text.size();
  const auto number = [&](auto& value) {
    const auto [next, problem] = std::from_chars(at, end, value);
    at = next;
    return problem == std::errc();
  };
  const auto comma = [&] { return at != end && *at++ == ','; };
  if (!number(result.rank) || !comma() || !number(result.arena) || !comma() ||
      !number(result.control) || at != end) {
    throw start_error(
        "COHORT_JOB=" + text + " was not made by cohortrun of this version; don't set it by hand",
        {.operation = "environment"});
  }
  return result;
}

// Tells the launcher which process has become the rank: a shell or a debugger may stand between.
void announce(const start_up& how) {
  if (how.control < 0) return;
  const runtime::joined_message message{how.rank, static_cast<std::int32_t>(::getpid())};
  ssize_t written = 0;
  do {
    written = ::write(how.control, &message, sizeof message);
  } while (written < 0 && errno == EINTR);
  // A launcher that is gone needs no announcement: its end is ours.
  ::close(how.control);
}

std::string own_host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

}  // namespace

environment::environment(threading::level level, call where)
    : exceptions_(std::uncaught_exceptions()) {
  join(level, where);
}

environment::environment(int&, char**&, threading::level level, call where)
    : environment(level, where) {}

void environment::join(threading::level level, const call& where) {
  if (initialized()) {
    throw usage_error("this process has an environment already; make one, in main",
                      {.operation = "environment", .site = where.site});
  }
  if (ended) {
    throw usage_error(
        "the environment of this process has ended, and a process joins a job once; keep one "
        "environment alive until the last communication, in main",
        {.operation = "environment", .site = where.site});
  }
  if (const char* variable = std::getenv("COHORT_JOB");
      variable && std::string_view(variable).starts_with(runtime::child_variable)) {
    runtime::run_child(variable);
  }
  const auto how = read_start_variable();
  const auto chosen = runtime::settings::from_environment();
  std::shared_ptr<runtime::arena> memory;
  std::uint32_t rank = 0;
  if (how) {
    if (how->control >= 0) ::fcntl(how->control, F_SETFD, FD_CLOEXEC);
    memory = runtime::arena::open(how->arena);
    rank = how->rank;
    if (rank >= memory->header().ranks) {
      throw start_error("COHORT_JOB names rank " + std::to_string(rank) + " of a job of " +
                            std::to_string(memory->header().ranks),
                        {.operation = "environment"});
    }
  } else {
    memory = runtime::job::create(
                 {.ranks = 1, .host = own_host_name(), .processors = runtime::usable_processors()})
                 .memory();
  }
  endpoint_ = std::make_shared<runtime::endpoint>(memory, rank, chosen, level);
  // Not before: what fails above must not make this process a job of its own in the next attempt.
  ::unsetenv("COHORT_JOB");
  if (how) announce(*how);
  own_process.store(::getpid());
  own_entry.store(&memory->member(rank));
  handler_before.store(std::set_terminate(note_last_words));
  runtime::set_process_endpoint(endpoint_);
}

environment::~environment() {
  // By an exception that is on its way out: peers must not take this for a normal end.
  const bool thrown = std::uncaught_exceptions() > exceptions_;
  try {
    runtime::end_processes(*endpoint_, thrown);
    endpoint_->leave(thrown ? runtime::member_state::left_by_throw
                            : runtime::member_state::finalized);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cohort: the environment did not end in good order: %s\n", e.what());
    try {
      endpoint_->leave(runtime::member_state::left_by_throw);
    } catch (...) {
      // Nothing more can be done; the launcher sees that this rank did not finalize.
    }
  }
  own_entry.store(nullptr);
  std::set_terminate(handler_before.load());
  runtime::set_process_endpoint(nullptr);
  ended = true;
}

threading::level environment::thread_level() const {
  return endpoint_->level();
}

bool environment::initialized() {
  return runtime::current_endpoint() != nullptr || runtime::is_child();
}

bool environment::finalized() {
  return ended;
}

bool environment::on_terminal(int descriptor) {
  if (::isatty(descriptor) == 1) return true;
  if (descriptor != STDOUT_FILENO && descriptor != STDERR_FILENO) return false;
  const auto home = runtime::current_endpoint();
  const std::uint64_t pipe = runtime::pipe_inode(descriptor);
  if (!home || !home->usable() || pipe == 0) return false;
  // By the pipe's identity, since the stream may lead elsewhere by now (`./prog 2>log` in a script
  // that is the rank), or be a copy of the other one.
  const auto& shown = home->memory().member(home->self()).shown_pipes;
  return std::any_of(std::begin(shown), std::end(shown), [&](const auto& each) {
    return each.load(std::memory_order_relaxed) == pipe;
  });
}

std::string environment::host_name() {
  if (const auto home = runtime::current_endpoint(); home && home->usable()) {
    const char* name = home->memory().header().host;
    return std::string(name, ::strnlen(name, sizeof(runtime::arena_header::host)));
  }
  return own_host_name();
}

void environment::abort(int code) {
  if (const auto home = runtime::current_endpoint(); home && home->usable()) {
    auto& entry = home->memory().member(home->self());
    std::snprintf(entry.last_words, sizeof entry.last_words, "abort(%d) was called", code);
    home->memory().header().aborted.store(1, std::memory_order_release);
  }
  std::fflush(nullptr);
  ::_exit(code == 0 ? 1 : code & 0xff);
}

}  // namespace cohort
