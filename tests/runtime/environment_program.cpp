// What environment_test.cpp runs in a process of its own: one case each, named by the argument.
#include <cohort/cohort.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

// Prints the class and the words of what `body` throws.
void report(const std::function<void()>& body) {
  try {
    body();
    std::puts("no error");
  } catch (const cohort::usage_error& e) {
    std::printf("usage_error: %s\n", e.what());
  } catch (const cohort::start_error& e) {
    std::printf("start_error: %s\n", e.what());
  } catch (const cohort::setting_error& e) {
    std::printf("setting_error: %s\n", e.what());
  } catch (const std::exception& e) {
    std::printf("another exception: %s\n", e.what());
  }
  std::fflush(stdout);
}

// Runs `body` in a fork()ed child and prints how it ended.
void in_child(const std::function<void()>& body) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::printf("child: %d\n", status);
}

void join() {
  report([] {
    cohort::environment env;
    std::printf("rank %d of %d\n", cohort::communicator().rank(), cohort::communicator().size());
  });
}

void bare() {
  cohort::environment env;
  cohort::communicator world;
  std::printf("rank %d of %d\n", world.rank(), world.size());
  auto sent = world.isend(0, 1, 42);
  std::printf("received %d\n", world.recv<int>(0, 1));
  sent.wait();
}

void second() {
  cohort::environment env;
  report([] { cohort::environment again; });
  std::printf("still rank %d\n", cohort::communicator().rank());
}

void second_after_the_end() {
  { cohort::environment env; }
  report([] { cohort::environment again; });
}

void again_after_a_wrong_setting() {
  ::setenv("COHORT_WAIT", "for ever", 1);
  join();
  ::unsetenv("COHORT_WAIT");
  join();
}

void no_environment() {
  report([] { cohort::communicator world; });
}

void after_the_end() {
  std::vector<cohort::communicator> worlds;
  {
    cohort::environment env;
    worlds.emplace_back();
    std::printf("%d %d\n", cohort::environment::initialized(), cohort::environment::finalized());
  }
  std::printf("%d %d\n", cohort::environment::initialized(), cohort::environment::finalized());
  report([] { cohort::communicator world; });
  report([&] { worlds[0].send(0, 1, 1); });
  report([&] { worlds[0].recv<int>(0, 1); });
  report([&] { worlds[0].iprobe(0, 1); });
}

void forked_child() {
  cohort::environment env;
  cohort::communicator world;
  in_child([&] {
    report([&] { world.send(0, 1, 1); });
    report([&] { world.recv<int>(0, 1); });
    report([] { cohort::communicator own; });
    report([] { cohort::environment own; });
  });
  world.send(0, 1, 7);
  std::printf("parent received %d\n", world.recv<int>(0, 1));
}

// The child returns from here and from main, as a child may that knows nothing of the library: it
// destroys its copy of the environment, and goes on using memory that it has mapped meanwhile.
void forked_child_that_returns() {
  std::vector<char> survivor;
  {
    cohort::environment env;
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child != 0) {
      int status = 0;
      ::waitpid(child, &status, 0);
      std::printf("child: %d\n", status);
      std::printf("rank %d\n", cohort::communicator().rank());
      return;
    }
    survivor.assign(64 << 20, 'x');  // a mapping of its own, placed where there is room
  }
  std::printf("survived %c\n", survivor[32 << 20]);
}

void subprocess() {
  cohort::environment env;
  int arena_descriptors = 0;
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (flags < 0) continue;
    char target[256] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    if (::readlink(link.c_str(), target, sizeof target - 1) < 0) continue;
    if (std::string(target).find("memfd:cohort") == std::string::npos) continue;
    ++arena_descriptors;
    std::printf("close on exec: %d\n", (flags & FD_CLOEXEC) != 0);
  }
  std::printf("descriptors: %d\n", arena_descriptors);
  std::printf("COHORT_JOB: %s\n", std::getenv("COHORT_JOB") ? "there" : "taken");
}

[[noreturn]] void fail() {
  throw std::runtime_error("the field is on fire");
}

void throws() {
  cohort::environment* env = new cohort::environment;  // lives until the process ends
  static_cast<void>(env);
  fail();
}

void throws_number() {
  cohort::environment* env = new cohort::environment;
  static_cast<void>(env);
  throw 7;
}

void thrown_through() {
  cohort::environment env;
  fail();
}

void aborts() {
  cohort::environment env;
  cohort::environment::abort(7);
}

void other_thread() {
  cohort::environment env(cohort::threading::funneled);
  cohort::communicator world;
  std::thread([&] { report([&] { world.send(0, 1, 1); }); }).join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, void (*)()> cases{
      {"bare", bare},
      {"second", second},
      {"second_after_the_end", second_after_the_end},
      {"again_after_a_wrong_setting", again_after_a_wrong_setting},
      {"no_environment", no_environment},
      {"after_the_end", after_the_end},
      {"forked_child", forked_child},
      {"forked_child_that_returns", forked_child_that_returns},
      {"subprocess", subprocess},
      {"join", join},
      {"throws", throws},
      {"throws_number", throws_number},
      {"thrown_through", thrown_through},
      {"aborts", aborts},
      {"other_thread", other_thread},
  };
  const auto found = cases.find(argc == 2 ? argv[1] : "");
  if (found == cases.end()) return 2;
  found->second();
  return 0;
}
