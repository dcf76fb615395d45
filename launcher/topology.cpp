// Reads the topology. hwloc would read the same files, and takes 5 ms for it on two processors:
// half of what a whole job of two ranks may take.
#include "launcher/topology.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "launcher/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace cohort::launcher {

namespace {

std::vector<std::uint32_t> allowed_processors() {
  for (std::uint32_t room = 1024; room <= 1 << 20; room *= 2) {
    // The kernel's mask is longer than cpu_set_t on large machines: grow until it fits.
    std::vector<cpu_set_t> mask((room + CPU_SETSIZE - 1) / CPU_SETSIZE);
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, bytes, mask.data()) != 0) {
      if (errno == EINVAL) continue;
      break;
    }
    std::vector<std::uint32_t> processors;
    for (std::uint32_t p = 0; p < room; ++p) {
      if (CPU_ISSET_S(p, bytes, mask.data())) processors.push_back(p);
    }
    return processors;
  }
  throw_system_error("can't read which processors may be used", "see sched_getaffinity(2)");
}

std::string processor_folder(std::uint32_t processor) {
  return "/sys/devices/system/cpu/cpu" + std::to_string(processor);
}

std::optional<std::int64_t> read_number(const std::string& path) {
  const unique_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  char text[32];
  const ssize_t length = ::read(file.get(), text, sizeof text);
  std::int64_t value = 0;
  if (length <= 0 || std::from_chars(text, text + length, value).ec != std::errc()) {
    return std::nullopt;
  }
  return value;
}

// A processor's folder has a link `nodeN` to its NUMA node.
std::uint32_t numa_node_of(std::uint32_t processor) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(processor_folder(processor).c_str()),
                                                   ::closedir);
  if (!folder) return 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name(entry->d_name);
    std::uint32_t node = 0;
    if (name.substr(0, 4) != "node") continue;
    const auto [end, problem] = std::from_chars(name.data() + 4, name.data() + name.size(), node);
    if (problem == std::errc() && end == name.data() + name.size()) return node;
  }
  return 0;
}

}  // namespace

std::vector<core> usable_cores() {
  std::vector<core> cores;
  // Core numbers are unique within a socket only.
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> index;
  for (const std::uint32_t processor : allowed_processors()) {
    const std::string topology = processor_folder(processor) + "/topology/";
    const auto socket = read_number(topology + "physical_package_id");
    const auto number = read_number(topology + "core_id");
    if (number && *number >= 0) {
      const auto [found, added] = index.try_emplace({socket.value_or(0), *number}, cores.size());
      if (!added) {
        cores[found->second].processors.push_back(processor);
        continue;
      }
    }
    // Virtual machines say -1 where they don't know.
    cores.push_back({{processor},
                     static_cast<std::uint32_t>(std::max<std::int64_t>(socket.value_or(0), 0)),
                     numa_node_of(processor)});
  }
  return cores;
}

std::string list_text(const std::vector<std::uint32_t>& ascending) {
  std::string text;
  for (std::size_t i = 0; i < ascending.size();) {
    std::size_t last = i;
    while (last + 1 < ascending.size() && ascending[last + 1] == ascending[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(ascending[i]);
    if (last > i) text.append(last == i + 1 ? "," : "-").append(std::to_string(ascending[last]));
    i = last + 1;
  }
  return text;
}

}  // namespace cohort::launcher
