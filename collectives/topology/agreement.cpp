#include "collectives/topology/agreement.hpp"

#include <cohort/collectives/all_gather.hpp>
#include <cohort/error.hpp>

#include <vector>

namespace cohort::detail {

void agree(const communicator& comm, const char* name, const std::string& complaint,
           const call& where) {
  std::vector<std::string> all;
  all_gather(comm, complaint, all, where);
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (all[rank].empty()) continue;
    throw argument_error("rank " + std::to_string(rank) + " of this communicator: " + all[rank],
                         {.operation = name, .peer = static_cast<int>(rank), .site = where.site});
  }
}

}  // namespace cohort::detail
