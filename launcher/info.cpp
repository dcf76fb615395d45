// Gathers the facts of `cohort info`; each probe tries the real thing.
#include "launcher/info.hpp"

#include <cohort/version.hpp>

#include "launcher/descriptor.hpp"
#include "launcher/system_text.hpp"
#include "launcher/topology.hpp"

#include "runtime/settings.hpp"
#include "runtime/system.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>
#include <string_view>

namespace cohort::launcher {

namespace {

std::string row(std::string_view name, const std::string& value) {
  std::string text = "  " + std::string(name);
  text.resize(std::max<std::size_t>(text.size() + 1, 28), ' ');
  return text + value + "\n";
}

std::string verdict(bool works, const std::string& without) {
  return works ? "yes" : "no; " + without;
}

// Whether a process may read the memory of a sibling, which is what ranks are to each other.
bool siblings_read_memory() {
  const pipe_ends ready = make_pipe();
  const pipe_ends release = make_pipe();
  std::atomic<char> word{0};  // at the same address in both children
  const pid_t owner = ::fork();
  if (owner == 0) {
    word = 42;
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // as ranks do; only Yama knows it
    char byte = 1;
    const bool told = ::write(ready.write.get(), &byte, 1) == 1;
    ::close(release.write.get());
    const ssize_t count = ::read(release.read.get(), &byte, 1);
    ::_exit(told && count == 0 ? 0 : 1);
  }
  if (owner < 0) return false;
  char byte = 0;
  bool allowed = ::read(ready.read.get(), &byte, 1) == 1;
  const pid_t reader = allowed ? ::fork() : -1;
  if (reader == 0) {
    const iovec here{&byte, 1};
    const iovec there{&word, 1};
    ::_exit(::process_vm_readv(owner, &here, 1, &there, 1, 0) == 1 && byte == 42 ? 0 : 1);
  }
  int status = 1;
  allowed = reader > 0 && ::waitpid(reader, &status, 0) == reader && status == 0;
  ::kill(owner, SIGKILL);
  while (::waitpid(owner, nullptr, 0) < 0 && errno == EINTR) {
  }
  return allowed;
}

bool pidfd_works() {
  return static_cast<bool>(
      unique_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))));
}

bool memfd_works() {
  return static_cast<bool>(unique_descriptor(::memfd_create("cohort", MFD_CLOEXEC)));
}

std::string build_text() {
#if defined(__clang__)
  std::string compiler = "Clang " __clang_version__;
#else
  std::string compiler = "GCC " __VERSION__;
#endif
#if defined(__SANITIZE_ADDRESS__)
  compiler += ", AddressSanitizer";
#endif
#if defined(__SANITIZE_THREAD__)
  compiler += ", ThreadSanitizer";
#endif
  return compiler + ", " COHORT_BUILD_TYPE;
}

std::string topology_text() {
  const std::vector<core> cores = usable_cores();
  std::set<std::uint32_t> sockets, nodes;
  std::vector<std::uint32_t> processors;
  for (const core& each : cores) {
    sockets.insert(each.socket);
    nodes.insert(each.numa_node);
    processors.insert(processors.end(), each.processors.begin(), each.processors.end());
  }
  std::sort(processors.begin(), processors.end());
  return row("allowed processors", list_text(processors)) +
         row("cores", std::to_string(cores.size()) + " in " + std::to_string(sockets.size()) +
                          (sockets.size() == 1 ? " socket, " : " sockets, ") +
                          std::to_string(nodes.size()) +
                          (nodes.size() == 1 ? " NUMA node" : " NUMA nodes")) +
         row("processors for ranks", std::to_string(runtime::usable_processors()) +
                                         " (allowed ones, cut down to the cgroup's CPU quota)");
}

std::string probes_text() {
  return row("memfd_create", verdict(memfd_works(), "no job can be started")) +
         row("pidfd_open", verdict(pidfd_works(), "programs behind wrappers are watched less")) +
         row("process_vm_readv", verdict(siblings_read_memory(), "long messages take two copies")) +
         row("membarrier",
             verdict(runtime::membarrier_register() && runtime::membarrier_everywhere(),
                     "senders use a fence instead"));
}

std::string settings_text() {
  std::string text;
  for (const auto& setting : runtime::describe(runtime::settings::from_environment())) {
    text += row(setting.name, setting.value + "   (" + std::string(setting.values) + ")");
    text += row("", std::string(setting.meaning));
  }
  return text;
}

}  // namespace

std::string info_text() {
  utsname system{};
  ::uname(&system);
  return "cohort " COHORT_VERSION "\n\nBuild\n" + row("compiler", build_text()) + "\nHost\n" +
         row("name", host_name()) +
         row("kernel", std::string(system.sysname) + " " + system.release + ", " + system.machine) +
         topology_text() + "\nWires\n" + row("shm", "shared memory within this host") +
         "\nProbed\n" + probes_text() + "\nSettings (value in force, and what may be given)\n" +
         settings_text();
}

}  // namespace cohort::launcher
