// Finds children in /proc and kills generation after generation.
#include "launcher/descendants.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string>

namespace cohort::launcher {

namespace {

// The parent in a /proc/<pid>/stat: "pid (name) state ppid …". The name may hold anything, so the
// last parenthesis counts.
pid_t parent_of(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/stat";
  const unique_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return -1;
  char text[512];
  const ssize_t length = ::read(file.get(), text, sizeof text);
  if (length <= 0) return -1;
  const auto* name_end =
      static_cast<const char*>(::memrchr(text, ')', static_cast<std::size_t>(length)));
  pid_t parent = -1;
  if (!name_end || name_end + 4 >= text + length) return -1;
  std::from_chars(name_end + 4, text + length, parent);
  return parent;
}

}  // namespace

// /proc/<pid>/task/<tid>/children would say it at once, but many kernels are built without it.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  const pid_t self = ::getpid();
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  if (!folder) return found;
  while (const dirent* entry = ::readdir(folder.get())) {
    pid_t process = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    const auto [stop, problem] = std::from_chars(entry->d_name, end, process);
    if (problem == std::errc() && stop == end && parent_of(process) == self) {
      found.push_back(process);
    }
  }
  return found;
}

void end_descendants(const std::function<void(pid_t, int)>& reaped) {
  for (;;) {
    int status = 0;
    const pid_t done = ::waitpid(-1, &status, WNOHANG);
    if (done > 0) {
      reaped(done, status);
      continue;
    }
    if (done < 0 && errno != EINTR) return;  // ECHILD: nobody is left
    const auto alive = children();
    const auto killed = std::count_if(alive.begin(), alive.end(),
                                      [](pid_t child) { return ::kill(child, SIGKILL) == 0; });
    if (killed == 0) return;
    // At least one of them ends, and hands its own children to this process when it does.
    const pid_t next = ::waitpid(-1, &status, 0);
    if (next > 0) reaped(next, status);
  }
}

}  // namespace cohort::launcher
