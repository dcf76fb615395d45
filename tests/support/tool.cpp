// Starts the tool and watches it.
#include "support/tool.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace cohort::test {

namespace {

using clock = std::chrono::steady_clock;

std::string new_mark() {
  static std::atomic<int> count{0};
  return "TEST_MARK=" + std::to_string(::getpid()) + "-" + std::to_string(count++) + "-" +
         std::to_string(clock::now().time_since_epoch().count());
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

int milliseconds_until(clock::time_point when) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

void append_from(launcher::unique_descriptor& pipe, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(pipe.get(), buffer.data(), buffer.size());
  if (count > 0)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  else if (count == 0 || errno != EINTR)
    pipe.reset();
}

}  // namespace

tool_run::tool_run(const std::vector<std::string>& arguments, const options& chosen)
    : mark_(new_mark()), give_up_(clock::now() + watchdog) {
  launcher::pipe_ends in = launcher::make_pipe();
  launcher::pipe_ends out = launcher::make_pipe();
  launcher::pipe_ends err = launcher::make_pipe();
  std::string path = tool_folder() + "/" + chosen.tool;
  std::vector<std::string> words{chosen.tool};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  for (char** entry = environ; *entry; ++entry) variables.emplace_back(*entry);
  variables.insert(variables.end(), chosen.environment.begin(), chosen.environment.end());
  variables.push_back(mark_);
  const auto argv = pointers(words);
  const auto envp = pointers(variables);
  pid_ = ::fork();
  if (pid_ == 0) {
    take_signals();
    ::setpgid(0, 0);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(chosen.open_input ? in.read.get() : null, STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(chosen.merge_errors ? out.write.get() : err.write.get(), STDERR_FILENO);
    ::close(null);
    ::execve(path.c_str(), argv.data(), envp.data());
    ::_exit(99);
  }
  if (pid_ < 0) launcher::throw_system_error("can't fork", "end other processes");
  ::setpgid(pid_, pid_);
  if (chosen.open_input) input_ = std::move(in.write);
  output_pipe_ = std::move(out.read);
  errors_pipe_ = std::move(err.read);
}

tool_run::~tool_run() {
  for (const pid_t process : processes()) ::kill(process, SIGKILL);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

bool tool_run::read_more() {
  if (!output_pipe_ && !errors_pipe_) return false;
  std::array<pollfd, 2> pipes{{{output_pipe_.get(), POLLIN, 0}, {errors_pipe_.get(), POLLIN, 0}}};
  const int ready = ::poll(pipes.data(), pipes.size(), milliseconds_until(give_up_));
  if (ready == 0) {
    ADD_FAILURE() << "the watchdog's time is over; output so far:\n" << output_ << errors_;
    for (const pid_t process : processes()) ::kill(process, SIGKILL);
    return false;
  }
  if (ready > 0 && pipes[0].revents != 0) append_from(output_pipe_, output_);
  if (ready > 0 && pipes[1].revents != 0) append_from(errors_pipe_, errors_);
  return true;
}

void tool_run::wait_for(const std::string& where, const std::string& text) {
  while (where.find(text) == std::string::npos) {
    if (!read_more()) {
      ADD_FAILURE() << "never saw: " << text << "\noutput:\n" << output_ << errors_;
      return;
    }
  }
}

void tool_run::send_input(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t count = ::write(input_.get(), text.data() + at, text.size() - at);
    ASSERT_TRUE(count > 0 || errno == EINTR);
    if (count > 0) at += static_cast<std::size_t>(count);
  }
}

void tool_run::signal(int number) const {
  EXPECT_EQ(::kill(pid_, number), 0);
}

outcome tool_run::finish() {
  while (read_more()) {
  }
  outcome result;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.output = output_;
  result.errors = errors_;
  return result;
}

std::vector<pid_t> tool_run::processes() const {
  std::vector<pid_t> found;
  DIR* folder = ::opendir("/proc");
  if (!folder) return found;
  while (const dirent* entry = ::readdir(folder)) {
    const pid_t process = std::atoi(entry->d_name);
    if (process <= 0) continue;
    // Empty for a process that has ended.
    const std::string variables = read_file("/proc/" + std::to_string(process) + "/environ");
    if (variables.find(mark_) != std::string::npos) found.push_back(process);
  }
  ::closedir(folder);
  return found;
}

bool tool_run::everything_ended() const {
  const auto limit = clock::now() + watchdog;
  for (;;) {
    const auto alive = processes();
    if (alive.empty()) return true;
    for (const pid_t process : alive) {
      const launcher::unique_descriptor handle(
          static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
      pollfd ended{handle.get(), POLLIN, 0};
      if (handle && ::poll(&ended, 1, milliseconds_until(limit)) == 0) return false;
    }
  }
}

outcome run_tool(const std::vector<std::string>& arguments, const tool_run::options& chosen) {
  tool_run run(arguments, chosen);
  outcome result = run.finish();
  EXPECT_TRUE(run.everything_ended());
  return result;
}

std::string tool_folder() {
  return COHORT_TEST_TOOL_FOLDER;
}

testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "\"" << part << "\" is not in: " << text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

temporary_folder::temporary_folder() {
  std::string name = std::filesystem::temp_directory_path() / "cohort-test-XXXXXX";
  if (!::mkdtemp(name.data())) launcher::throw_system_error("can't make a folder", "see TMPDIR");
  path_ = name;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void write_file(const std::string& path, const std::string& content, mode_t mode) {
  {
    std::ofstream file(path, std::ios::binary);
    file << content;
  }
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

void take_signals() {
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_DFL);
}

}  // namespace cohort::test
