// run, popen and their errors.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/subprocess.hpp>

#include "multiprocessing/subprocess/subprocess.hpp"

#include <string.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cohort {

namespace {

// As a shell would take it.
std::string quoted(const std::vector<std::string>& arguments) {
  constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  std::string text;
  for (const std::string& argument : arguments) {
    if (!text.empty()) text += ' ';
    if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) {
      text += argument;
      continue;
    }
    text += '\'';
    for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

std::string end_of(const completed_process& result) {
  if (result.exit_code >= 0) return "exit code " + std::to_string(result.exit_code);
  const char* name = ::sigabbrev_np(-result.exit_code);
  return "signal " + std::to_string(-result.exit_code) +
         (name ? std::string(" (SIG") + name + ")" : std::string());
}

// The last of what it said, which tends to be the reason.
std::string last_words(const completed_process& result) {
  constexpr std::size_t most = 500;
  std::string words = result.err.substr(result.err.size() - std::min(most, result.err.size()));
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return words.empty() ? words : "; it wrote: " + words;
}

}  // namespace

command shell(std::string text) {
  return {"/bin/sh", "-c", std::move(text)};
}

command_failed::command_failed(const completed_process& result, const call& where)
    : process_failed(
          "`" + quoted(result.arguments) + "` ended with " + end_of(result) + last_words(result),
          {.operation = "run", .site = where.site}),
      result_(std::make_shared<const completed_process>(result)) {}

command_timeout::command_timeout(const completed_process& result, const call& where)
    : timeout_error("`" + quoted(result.arguments) + "` did not end in time and was killed" +
                        last_words(result),
                    {.operation = "run", .site = where.site}),
      result_(std::make_shared<const completed_process>(result)) {}

const completed_process& completed_process::check(call where) const& {
  if (!succeeded()) throw command_failed(*this, where);
  return *this;
}
completed_process completed_process::check(call where) && {
  std::as_const(*this).check(where);
  return std::move(*this);
}

completed_process run(const command& what, const subprocess_options& how, call where) {
  multiprocessing::subprocess process(what, how, "run", where);
  const bool in_time = process.pump(where.limit, where) && process.ended(where.limit, where);
  if (!in_time) {
    process.send_signal(SIGKILL, where);
    process.ended(deadline(), where);
    process.drain(where);
  }
  completed_process result{what.arguments(), process.exit_code(), std::move(process.out),
                           std::move(process.err)};
  if (!in_time) throw command_timeout(result, where);
  return result;
}

completed_process run(const command& what, call where) {
  return run(what, subprocess_options(), where);
}

popen::popen(const command& what, const subprocess_options& how, call where)
    : process_(std::make_unique<multiprocessing::subprocess>(what, how, "popen", where)) {}
popen::popen(popen&&) noexcept = default;
popen& popen::operator=(popen&&) noexcept = default;
popen::~popen() = default;

multiprocessing::subprocess& popen::process() const {
  if (!process_) {
    throw usage_error("the process was moved to another popen", {.operation = "popen"});
  }
  return *process_;
}

const std::vector<std::string>& popen::arguments() const {
  return process().arguments();
}
pid_t popen::pid() const {
  return process().pid();
}
int popen::sentinel() const {
  return process().sentinel();
}
int popen::input() const {
  return process().input.get();
}
int popen::output() const {
  return process().output.get();
}
int popen::errors() const {
  return process().errors.get();
}
void popen::close_input() {
  process().input.reset();
}

int popen::wait(call where) {
  if (!process().ended(where.limit, where)) {
    throw timeout_error("process " + std::to_string(pid()) + ", `" + quoted(arguments()) +
                            "`, has not ended in time; it runs on",
                        {.operation = "wait", .site = where.site});
  }
  return process().exit_code();
}

std::optional<int> popen::poll(call where) {
  if (!process().ended(within(std::chrono::nanoseconds(0)), where)) return std::nullopt;
  return process().exit_code();
}

std::pair<std::string, std::string> popen::communicate(std::string text, call where) {
  process().give_input(std::move(text));
  if (!process().pump(where.limit, where) || !process().ended(where.limit, where)) {
    throw timeout_error("process " + std::to_string(pid()) + ", `" + quoted(arguments()) +
                            "`, has not ended in time; it runs on, and the call can be repeated",
                        {.operation = "communicate", .site = where.site});
  }
  return {std::move(process().out), std::move(process().err)};
}

void popen::send_signal(int number, call where) {
  process().send_signal(number, where);
}
void popen::terminate(call where) {
  send_signal(SIGTERM, where);
}
void popen::kill(call where) {
  send_signal(SIGKILL, where);
}

}  // namespace cohort
