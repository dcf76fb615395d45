// A family whose processes are threads of the test, or just objects: its protocols without forks.
#pragma once

#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/family/place.hpp"
#include "runtime/endpoint.hpp"
#include "runtime/job.hpp"
#include "runtime/settings.hpp"

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace cohort::test {

class local_family {
 public:
  explicit local_family(const runtime::settings& chosen = {})
      : chosen_(chosen),
        job_(runtime::job::create({.ranks = 1, .host = "here", .processors = 2})),
        home_(
            std::make_shared<runtime::endpoint>(job_.memory(), 0, chosen_, threading::serialized)),
        root_(std::make_shared<multiprocessing::participant>(home_)) {}

  // The rank that the others descend from.
  const std::shared_ptr<multiprocessing::participant>& root() const { return root_; }
  const multiprocessing::region& shared() const { return root_->shared(); }

  // One more process.
  std::shared_ptr<multiprocessing::participant> join() {
    return std::make_shared<multiprocessing::participant>(
        job_.memory(), multiprocessing::keep_place(*root_), chosen_);
  }
  // What its parent does when a process has ended, in whatever state it is.
  void kill(const multiprocessing::participant& process) { shared().publish_end(process.id(), 9); }

  // Runs each body in a thread that acts for its process.
  using body = std::function<void()>;
  static void act(const std::shared_ptr<multiprocessing::participant>& who, const body& what) {
    multiprocessing::set_thread_participant(who);
    what();
    multiprocessing::set_thread_participant(nullptr);
  }
  void run(const std::vector<body>& bodies) {
    std::vector<std::thread> threads;
    for (const body& each : bodies) {
      threads.emplace_back([&each, who = join()] { act(who, each); });
    }
    for (std::thread& t : threads) t.join();
  }

 private:
  runtime::settings chosen_;
  runtime::job job_;
  std::shared_ptr<runtime::endpoint> home_;
  std::shared_ptr<multiprocessing::participant> root_;
};

}  // namespace cohort::test
