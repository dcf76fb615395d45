// The checks of a command, its pipes and its environment.
#include "multiprocessing/subprocess/plan.hpp"

#include <cohort/error.hpp>

#include "runtime/system.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <utility>

extern char** environ;  // POSIX: the environment, which no header declares portably

namespace cohort::multiprocessing {

namespace {

// A text that the kernel would take only in part.
void refuse_zero(const std::string& text, const char* what) {
  if (text.find('\0') == std::string::npos) return;
  throw argument_error(std::string(what) + " contains a zero byte", {});
}

void check(const command& what, const subprocess_options& how) {
  if (what.arguments().empty() || what.arguments().front().empty()) {
    throw argument_error("the command is empty; its first word is the program", {});
  }
  for (const std::string& argument : what.arguments()) refuse_zero(argument, "an argument");
  refuse_zero(how.directory, "the directory");
  if (how.in.which() == redirect::kind::output || how.out.which() == redirect::kind::output) {
    throw argument_error("only standard error can lead to where standard output does", {});
  }
}

void put(std::map<std::string, std::string>& into, const std::string& name,
         const std::string& value) {
  refuse_zero(name, "the name of a variable");
  refuse_zero(value, "the value of a variable");
  if (name.empty() || name.find('=') != std::string::npos) {
    throw argument_error("a variable of the environment can't have the name \"" + name + "\"", {});
  }
  into.insert_or_assign(name, value);
}

// NAME=VALUE of all variables; nothing: this process's as they are.
std::optional<std::vector<std::string>> environment_of(const subprocess_options& how) {
  if (!how.environment && how.extra_environment.empty()) return std::nullopt;
  std::map<std::string, std::string> all;
  if (how.environment) {
    for (const auto& [name, value] : *how.environment) put(all, name, value);
  } else {
    for (char** variable = environ; variable && *variable; ++variable) {
      const std::string text = *variable;
      const auto sign = text.find('=');
      if (sign != std::string::npos) all.emplace(text.substr(0, sign), text.substr(sign + 1));
    }
  }
  for (const auto& [name, value] : how.extra_environment) put(all, name, value);
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

redirect captured_if(bool capture, const redirect& else_to) {
  return capture && else_to.which() == redirect::kind::inherited ? redirect::captured() : else_to;
}

[[noreturn]] void throw_failed_open(const char* what) {
  throw resource_error(std::string(what) + ": " + runtime::describe_errno(errno) +
                           "; raise `ulimit -n`, or close descriptors",
                       {});
}

}  // namespace

prepared_start::prepared_start(const command& what, const subprocess_options& how) {
  check(what, how);
  plan.path = what.arguments().front();
  plan.arguments = what.arguments();
  plan.search = true;
  plan.environment = environment_of(how);
  plan.directory = how.directory;
  plan.death_signal = how.survives ? 0 : SIGKILL;
  plan.own_group = how.own_group;
  lead(STDIN_FILENO, how.input ? redirect::captured() : how.in, input);
  lead(STDOUT_FILENO, captured_if(how.capture, how.out), output);
  if (how.err.which() != redirect::kind::output) {
    lead(STDERR_FILENO, captured_if(how.capture, how.err), errors);
    return;
  }
  const auto out = std::find_if(plan.descriptors.begin(), plan.descriptors.end(),
                                [](const auto& move) { return move.to == STDOUT_FILENO; });
  plan.descriptors.push_back(
      {out == plan.descriptors.end() ? STDOUT_FILENO : out->from, STDERR_FILENO});
}

void prepared_start::lead(int stream, const redirect& where, runtime::unique_descriptor& ours) {
  int theirs = where.number();
  switch (where.which()) {
    case redirect::kind::captured: {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) throw_failed_open("no pipe for a program");
      const bool reads = stream == STDIN_FILENO;
      ours = runtime::unique_descriptor(ends[reads ? 1 : 0]);
      theirs = theirs_.emplace_back(ends[reads ? 0 : 1]).get();
      break;
    }
    case redirect::kind::discarded:
      theirs = theirs_.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC)).get();
      if (theirs < 0) throw_failed_open("/dev/null");
      break;
    case redirect::kind::descriptor:
      if (::fcntl(theirs, F_GETFD) < 0) {
        throw argument_error("descriptor " + std::to_string(theirs) + " is not open", {});
      }
      break;
    case redirect::kind::inherited:
    case redirect::kind::output:
      return;
  }
  plan.descriptors.push_back({theirs, stream});
}

}  // namespace cohort::multiprocessing
