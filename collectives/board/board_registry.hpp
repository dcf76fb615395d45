// The boards of one rank: finds or makes them, and takes their memory back.
#pragma once

#include "collectives/board/board.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace cohort::collectives {

// Where a communicator's board is, the arena's word for the communicator tells. Whoever comes first
// makes the board, in its own part of the arena; a compare-and-swap on the word decides between
// several. A communicator that is never used in a collective has none.
//
// Memory comes back when all have let go, in two steps that each member marks on the board: it
// `left`; and, once all have left, it took back its own staging areas and is `gone`. Once all are
// gone the maker frees the board. Members that have ended count as gone; what they had made stays
// until the job's end, and so does the board of a communicator that some member never used. Looked
// at whenever a board is made, so that communicators made and dropped in a loop use the same
// memory.
class board_registry {
 public:
  static board_registry& of(runtime::endpoint& home);

  std::shared_ptr<board> attach(runtime::communicator_state& comm);

  // What a board leaves behind. May be called outside of the endpoint's guard.
  struct retired {
    std::uint64_t offset;
    std::uint64_t bytes;
    bool created;
    std::uint32_t rank;
    std::vector<std::uint32_t> members;
    struct area {
      std::uint64_t offset;
      std::uint64_t bytes;
    };
    std::vector<area> areas;
    bool gone = false;
  };
  void retire(retired what);

 private:
  std::shared_ptr<board> make(runtime::communicator_state& comm);
  void reclaim(runtime::endpoint& home);

  std::shared_ptr<board> world_;  // handles to the world come and go, its steps go on
  std::mutex mutex_;
  std::vector<retired> retired_;
};

}  // namespace cohort::collectives
