// Programs whose starts are themselves the test: each argument is another main.
#include <cohort/communicator.hpp>
#include <cohort/environment.hpp>
#include <cohort/multiprocessing/process.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace {

void say(const char* text) {
  std::puts(text);
  std::fflush(stdout);
}

void wait_for_a_signal() {
  for (;;) ::pause();
}

// Two children, of which the daemon never ends by itself; main goes no further.
int falls_off_main() {
  const cohort::environment env;
  cohort::process daemon([] {
    say("the daemon's first line");
    wait_for_a_signal();
    say("the daemon's second line");
  });
  daemon.set_daemon(true);
  daemon.start();
  cohort::process other([] {
    say("the other's first line");
    say("the other's second line");
  });
  other.start();
  return 0;
}

// As the first, but main ends by an exception: nobody is waited for.
int throws() {
  const cohort::environment env;
  cohort::process child(wait_for_a_signal);
  child.start();
  throw std::runtime_error("main failed");
}

// A program that makes its environment only where it believes to be the parent.
int forgets_the_environment() {
  if (std::getenv("COHORT_JOB")) return 3;
  const cohort::environment env;
  cohort::process child([] {});
  child.start();
  child.join();
  return 0;
}

int has_no_environment() {
  cohort::process child([] {});
  child.start();
  return 0;
}

int is_a_rank_in_a_child() {
  const cohort::environment env;
  cohort::process child([] { const cohort::communicator world; });
  child.start();
  child.join();
  return child.exit_code().value();
}

int run(std::string_view which) {
  if (which == "falls_off_main") return falls_off_main();
  if (which == "throws") return throws();
  if (which == "forgets_the_environment") return forgets_the_environment();
  if (which == "has_no_environment") return has_no_environment();
  if (which == "is_a_rank_in_a_child") return is_a_rank_in_a_child();
  return 99;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "");
  } catch (const std::exception& e) {
    std::printf("%s\n", e.what());
    return 2;
  }
}
