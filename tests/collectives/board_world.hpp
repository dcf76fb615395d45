// Ranks as threads of one process, each with the board of the world, for tests of what is below the
// dispatcher.
#pragma once

#include "collectives/board/board.hpp"
#include "runtime/communicator_state.hpp"
#include "runtime/job.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {

class board_world {
 public:
  struct rank {
    runtime::endpoint& home;
    runtime::communicator_state& comm;
    collectives::board& board;

    template <class Body>
    void carry_out(const detail::collective_call& part, const Body& body, const call& where = {}) {
      const runtime::endpoint::guard lock(home);
      board.carry_out(part, where, body);
    }
  };
  using body = std::function<void(rank&)>;

  explicit board_world(int ranks, const runtime::settings& chosen = {},
                       threading::level level = threading::serialized)
      : job_(runtime::job::create(
            {.ranks = static_cast<std::uint32_t>(ranks), .host = "here", .processors = 2})) {
    if (!chosen.membarrier) job_.memory()->header().fences = 1;
    for (int r = 0; r < ranks; ++r) {
      endpoints_.push_back(std::make_shared<runtime::endpoint>(
          job_.memory(), static_cast<std::uint32_t>(r), chosen, level));
      worlds_.push_back(runtime::communicator_state::world(endpoints_.back()));
    }
  }
  ~board_world() {
    for (auto& e : endpoints_) e->leave(runtime::member_state::left_by_throw);
  }

  int size() const { return static_cast<int>(endpoints_.size()); }
  const std::shared_ptr<runtime::endpoint>& endpoint(int rank) const {
    return endpoints_[static_cast<std::size_t>(rank)];
  }
  const std::shared_ptr<runtime::communicator_state>& world(int rank) const {
    return worlds_[static_cast<std::size_t>(rank)];
  }

  // Runs `work` at each rank, on a thread of its own. A rank that throws fails the test, and is
  // gone, so that nobody waits for it.
  void run(const body& work) {
    std::vector<std::thread> threads;
    for (int r = 0; r < size(); ++r) {
      threads.emplace_back([this, &work, r] {
        try {
          rank mine{*endpoint(r), *world(r), collectives::board_of(*world(r))};
          work(mine);
        } catch (const std::exception& e) {
          ADD_FAILURE() << "rank " << r << ": " << e.what();
          endpoint(r)->leave(runtime::member_state::left_by_throw);
        }
      });
    }
    for (std::thread& t : threads) t.join();
  }

 private:
  runtime::job job_;
  std::vector<std::shared_ptr<runtime::endpoint>> endpoints_;
  std::vector<std::shared_ptr<runtime::communicator_state>> worlds_;
};

}  // namespace cohort::test
