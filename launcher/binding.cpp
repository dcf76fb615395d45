// Deals the usable cores out to the ranks.
#include "launcher/binding.hpp"

#include "launcher/topology.hpp"

#include <sched.h>

#include <algorithm>
#include <map>
#include <set>

namespace cohort::launcher {

namespace {

// Deals cores out: ranks take their cores from domains (sockets, NUMA nodes, the whole machine) in
// turn. A domain that has too few left is passed over until all have; then everything starts over.
class dealer {
 public:
  dealer(const std::vector<core>& cores, const binding_options& binding)
      : count_(binding.cores_per_rank) {
    std::map<std::uint32_t, domain> domains;
    for (std::uint32_t i = 0; i < cores.size(); ++i) {
      std::uint32_t name = 0;
      if (binding.order == mapping::by_socket) name = cores[i].socket;
      if (binding.order == mapping::by_numa_node) name = cores[i].numa_node;
      domains[name].cores.push_back(i);
    }
    for (auto& [name, members] : domains) domains_.push_back(std::move(members));
    const bool fits = std::any_of(domains_.begin(), domains_.end(),
                                  [&](const domain& d) { return d.cores.size() >= count_; });
    if (fits) return;
    domain whole;  // no domain has enough for one rank, so ranks span them
    for (std::uint32_t i = 0; i < cores.size(); ++i) whole.cores.push_back(i);
    domains_.assign(1, whole);
  }

  std::vector<std::uint32_t> next() {
    for (std::size_t tried = 0;; ++tried) {
      if (tried == domains_.size()) {
        for (domain& each : domains_) each.dealt = 0;
      }
      domain& from = domains_[turn_++ % domains_.size()];
      if (from.cores.size() - from.dealt < count_) continue;
      const auto first = from.cores.begin() + static_cast<std::ptrdiff_t>(from.dealt);
      from.dealt += count_;
      return {first, first + static_cast<std::ptrdiff_t>(count_)};
    }
  }

 private:
  struct domain {
    std::vector<std::uint32_t> cores;
    std::size_t dealt = 0;
  };
  std::size_t count_;
  std::vector<domain> domains_;
  std::size_t turn_ = 0;
};

}  // namespace

std::vector<placement> place_ranks(const binding_options& binding, std::uint32_t ranks) {
  std::vector<placement> placements(ranks);
  if (!binding.to_core) return placements;
  const std::vector<core> cores = usable_cores();
  if (binding.cores_per_rank > cores.size()) {
    throw usage_problem("--cpus-per-rank " + std::to_string(binding.cores_per_rank) + ": only " +
                        std::to_string(cores.size()) + " cores may be used here");
  }
  dealer deal(cores, binding);
  for (placement& where : placements) {
    where.cores = deal.next();
    for (const std::uint32_t i : where.cores) {
      where.processors.insert(where.processors.end(), cores[i].processors.begin(),
                              cores[i].processors.end());
    }
    std::sort(where.processors.begin(), where.processors.end());
    where.socket = cores[where.cores.front()].socket;
    where.numa_node = cores[where.cores.front()].numa_node;
  }
  return placements;
}

std::uint32_t processors_of(const std::vector<placement>& placements, std::uint32_t usable) {
  std::set<std::uint32_t> together;
  for (const placement& where : placements) {
    if (where.processors.empty()) return usable;
    together.insert(where.processors.begin(), where.processors.end());
  }
  return std::min(usable, static_cast<std::uint32_t>(together.size()));
}

std::string binding_text(std::uint32_t rank, const placement& where) {
  const std::string subject = "rank " + std::to_string(rank) + ": ";
  if (where.processors.empty()) return subject + "not bound";
  return subject + (where.cores.size() == 1 ? "core " : "cores ") + list_text(where.cores) +
         (where.processors.size() == 1 ? " (processor " : " (processors ") +
         list_text(where.processors) + "), socket " + std::to_string(where.socket) +
         ", NUMA node " + std::to_string(where.numa_node);
}

bool bind_this_process(const placement& where) noexcept {
  if (where.processors.empty()) return true;
  cpu_set_t* set = CPU_ALLOC(where.processors.back() + 1);
  if (!set) return false;
  const std::size_t bytes = CPU_ALLOC_SIZE(where.processors.back() + 1);
  CPU_ZERO_S(bytes, set);
  for (const std::uint32_t p : where.processors) CPU_SET_S(p, bytes, set);
  const bool bound = ::sched_setaffinity(0, bytes, set) == 0;
  CPU_FREE(set);
  return bound;
}

}  // namespace cohort::launcher
