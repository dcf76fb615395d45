// Reads /proc.
#include <cohort/multiprocessing/process_info.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/family/proc_stat.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

extern char** environ;  // POSIX: the environment, which no header declares portably

namespace cohort {

namespace {

using std::chrono::nanoseconds;

process_activity activity_of(char state) {
  switch (state) {
    case 'R':
      return process_activity::running;
    case 'S':
    case 'I':
      return process_activity::sleeping;
    case 'D':
      return process_activity::waiting;
    case 'T':
    case 't':
      return process_activity::stopped;
    case 'Z':
    case 'X':
      return process_activity::zombie;
    default:
      return process_activity::other;
  }
}

nanoseconds ticks(std::uint64_t count) {
  static const std::int64_t length = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  return nanoseconds(static_cast<std::int64_t>(count) * length);
}

nanoseconds now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);  // can't fail with the clocks used here
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// Starts are counted from the machine's start, suspended time included.
std::chrono::system_clock::time_point created_at(std::uint64_t start_ticks) {
  const nanoseconds since_boot = now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME) + ticks(start_ticks);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_boot));
}

// Strings that end with a zero byte each.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::optional<std::string> link_target(int pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  std::string target(256, '\0');
  for (;;) {
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) return std::nullopt;
    if (static_cast<std::size_t>(length) < target.size()) {
      target.resize(static_cast<std::size_t>(length));
      return target;
    }
    target.resize(2 * target.size());
  }
}

std::optional<std::map<std::string, std::string>> environment_of(int pid) {
  std::vector<std::string> variables;
  if (pid == ::getpid()) {
    for (char** each = environ; each && *each; ++each) variables.emplace_back(*each);
  } else {
    const auto text = multiprocessing::read_proc_file(pid, "environ");
    if (!text) return std::nullopt;
    variables = split(*text);
  }
  std::map<std::string, std::string> found;
  for (const std::string& each : variables) {
    const auto equals = each.find('=');
    if (equals != each.npos) found.emplace(each.substr(0, equals), each.substr(equals + 1));
  }
  return found;
}

}  // namespace

process_info process_info::of(int pid, call where) {
  const error_context context{.operation = "process_info", .site = where.site};
  const auto stat = multiprocessing::read_proc_stat(pid);
  if (!stat) {
    if (::access("/proc/self/stat", R_OK) != 0) {
      throw resource_error("/proc is not there; mount it", context);
    }
    throw argument_error("there is no process " + std::to_string(pid), context);
  }
  process_info found;
  found.pid = pid;
  found.parent_pid = stat->parent;
  found.name = stat->name;
  found.state = activity_of(stat->state);
  found.created = created_at(stat->start_ticks);
  found.user_time = ticks(stat->user_ticks);
  found.system_time = ticks(stat->system_ticks);
  found.threads = stat->threads;
  found.resident_bytes = stat->resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  found.virtual_bytes = stat->virtual_bytes;
  found.command_line = split(multiprocessing::read_proc_file(pid, "cmdline").value_or(""));
  found.program = link_target(pid, "exe");
  found.working_directory = link_target(pid, "cwd");
  found.environment = environment_of(pid);
  return found;
}

process_info process_info::of_this_process(call where) {
  return of(::getpid(), where);
}

}  // namespace cohort
