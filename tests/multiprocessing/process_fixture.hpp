// What tests of processes share: a watchdog, what they leave behind, and standard error.
#pragma once

#include <cohort/multiprocessing/process.hpp>
#include <cohort/multiprocessing/this_process.hpp>

#include "runtime/time_limit.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>

namespace cohort::test {

inline std::set<std::string> open_descriptors() {
  std::set<std::string> found;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one that lists them
    const auto target = std::filesystem::read_symlink(each.path(), gone);
    if (!gone && target.string().find("/fd") == std::string::npos) {
      found.insert(each.path().filename().string() + " " + target.string());
    }
  }
  return found;
}

// Every test ends with the descriptors that it began with, and without a child, dead or alive.
class process_test : public testing::Test {
 protected:
  process_test() {
    // What looks after processes is made for the first one, and stays.
    process first([] {});
    first.start();
    first.join();
    first.close();
    descriptors_ = open_descriptors();
  }
  void TearDown() override {
    EXPECT_TRUE(this_process::active_children().empty());
    siginfo_t left{};
    EXPECT_EQ(::waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT), -1) << left.si_pid;
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(open_descriptors(), descriptors_);
  }

 private:
  time_limit limit_;
  std::set<std::string> descriptors_;
};

// Of a process that is not this one's child.
inline void wait_for_end(int pid) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) return;  // it has ended
  pollfd watched{handle, POLLIN, 0};
  while (::poll(&watched, 1, -1) < 0) {
  }
  ::close(handle);
}

// Takes standard error, that of processes which are started meanwhile included.
class captured_errors {
 public:
  captured_errors()
      : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)),
        memory_(::memfd_create("errors", MFD_CLOEXEC)) {
    ::dup2(memory_, STDERR_FILENO);
  }
  ~captured_errors() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(memory_);
  }
  captured_errors(const captured_errors&) = delete;
  captured_errors& operator=(const captured_errors&) = delete;

  std::string text() const {
    std::string text(65536, '\0');
    const ssize_t length = ::pread(memory_, text.data(), text.size(), 0);
    text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return text;
  }

 private:
  int before_;
  int memory_;
};

}  // namespace cohort::test
