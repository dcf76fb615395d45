// How a test and the processes that it has started tell each other things.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace cohort::test {

// The next line, without its end; waits for it.
inline std::string read_line(int descriptor) {
  std::string text;
  for (char c = 0;;) {
    const ssize_t got = ::read(descriptor, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1 || c == '\n') return text;
    text += c;
  }
}

// A pipe with a name, which processes get as an argument, since they inherit no descriptors.
class mailbox {
 public:
  mailbox() {
    folder_ = std::filesystem::temp_directory_path() / "cohort-test-XXXXXX";
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/box";
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    // For both, so that opening it never waits and it never ends.
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_GE(descriptor_, 0);
  }
  ~mailbox() {
    ::close(descriptor_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  const std::string& path() const { return path_; }
  std::string line() const { return read_line(descriptor_); }
  int number() const { return std::stoi(line()); }
  bool empty() const {
    pollfd watched{descriptor_, POLLIN, 0};
    return ::poll(&watched, 1, 0) == 0;
  }

 private:
  std::string folder_;
  std::string path_;
  int descriptor_ = -1;
};

// From and to any process. A line is written whole.
inline void tell(const std::string& path, const std::string& text) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const std::string line = text + "\n";
  if (::write(descriptor, line.data(), line.size()) < 0) ::_exit(99);
  ::close(descriptor);
}
inline std::string hear(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string text = read_line(descriptor);
  ::close(descriptor);
  return text;
}

}  // namespace cohort::test
