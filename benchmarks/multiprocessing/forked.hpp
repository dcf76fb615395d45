// What the layers of the peers share: processes that are forked, and counters in memory that all of
// them map. What else a layer defines is said in queue.cpp and pipe.cpp.
#pragma once

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

namespace layer {

inline void check(bool good, const char* call) {
  if (!good) throw std::system_error(errno, std::generic_category(), call);
}

// What a program needs from start to end: nothing here.
struct environment {
  environment(int&, char**&) {}
};

// A process that runs `function(arguments...)`, which does not return, until the handle is gone.
// One that fails ends the whole program: those that wait for it would wait for ever.
class process {
 public:
  template <class Function, class... Arguments>
  explicit process(Function function, Arguments... arguments) {
    const pid_t parent = getpid();
    pid_ = fork();
    check(pid_ != -1, "fork");
    if (pid_ == 0) run(parent, [&] { function(std::move(arguments)...); });
  }
  process(process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  process& operator=(process&&) = delete;
  ~process() {
    if (pid_ == -1) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  template <class Body>
  [[noreturn]] static void run(pid_t parent, Body&& body) {
    try {
      check(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl");
      if (getppid() == parent) body();
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "process %d: %s\n", getpid(), failure.what());
      kill(parent, SIGTERM);
    }
    _exit(1);
  }

  pid_t pid_;
};

// One T, constructed before the processes are forked. A copy is the same object.
template <class T>
class shared {
 public:
  shared() : object_(make(), [](T* object) { munmap(object, sizeof(T)); }) {}

  T* get() const { return object_.get(); }
  T* operator->() const { return get(); }

 private:
  static T* make() {
    void* memory =
        mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(memory != MAP_FAILED, "mmap");
    return new (memory) T{};
  }

  std::shared_ptr<T> object_;
};

// One counter for each of some processes, on a line of its own. A copy means the same counters.
class counters {
 public:
  static constexpr std::size_t most = 8;

  // Each counter has one process that adds to it.
  void add(std::size_t index) const {
    std::atomic<std::uint64_t>& count = lines_->of[index].count;
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::uint64_t operator[](std::size_t index) const {
    return lines_->of[index].count.load(std::memory_order_relaxed);
  }

 private:
  struct alignas(64) line {
    std::atomic<std::uint64_t> count{0};
  };
  struct all {
    line of[most];
  };
  shared<all> lines_;
};

}  // namespace layer
