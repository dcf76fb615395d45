// A job within one process, for tests that need its memory, its settings, or several threads a
// rank.
#pragma once

#include "runtime/communicator_state.hpp"
#include "runtime/endpoint.hpp"
#include "runtime/job.hpp"

#include <cohort/cohort.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace cohort::test {

// A job whose ranks are endpoints of this process, with settings of the test's choice.
class local_job {
 public:
  local_job(std::uint32_t ranks, const runtime::settings& chosen, threading::level level)
      : job_(runtime::job::create({.ranks = ranks, .host = "here", .processors = 1})) {
    if (!chosen.membarrier) job_.memory()->header().fences = 1;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      endpoints_.push_back(std::make_shared<runtime::endpoint>(job_.memory(), rank, chosen, level));
    }
  }
  // Whoever is still there leaves as by an exception: what it has under way goes nowhere.
  ~local_job() {
    for (auto& e : endpoints_) e->leave(runtime::member_state::left_by_throw);
  }
  local_job(const local_job&) = delete;
  local_job& operator=(const local_job&) = delete;

  communicator world(std::uint32_t rank) const {
    return communicator(runtime::communicator_state::world(endpoints_[rank]));
  }
  runtime::arena& memory() const { return *job_.memory(); }
  // The rank's process ends now.
  void kill(std::uint32_t rank) { job_.publish_death(rank, 9); }

  // One thread for each of `bodies`, which are of the rank that they are given with.
  struct task {
    std::uint32_t rank;
    std::function<void(const communicator&)> body;
  };
  void run(const std::vector<task>& tasks) {
    std::vector<std::thread> threads;
    for (const task& t : tasks) threads.emplace_back([&] { t.body(world(t.rank)); });
    for (std::thread& t : threads) t.join();
    threads.clear();
    // Each leaves only when what it sent is received.
    for (auto& e : endpoints_) {
      threads.emplace_back([&] { e->leave(runtime::member_state::finalized); });
    }
    for (std::thread& t : threads) t.join();
  }

 private:
  runtime::job job_;
  std::vector<std::shared_ptr<runtime::endpoint>> endpoints_;
};

}  // namespace cohort::test
