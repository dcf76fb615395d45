#include "support/rank_failures.hpp"

#include <cstdio>
#include <utility>

namespace cohort::test {

void rank_failures::gather(const communicator& reports) {
  const auto mine = std::exchange(messages_, {});
  if (reports.rank() != 0) {
    reports.send(0, 0, mine);
  } else {
    for (int rank = 1; rank < reports.size(); ++rank) {
      for (const auto& message : reports.recv<std::vector<std::string>>(rank, 0)) {
        ADD_FAILURE() << "on rank " << rank << ": " << message;
      }
    }
    messages_.clear();  // ours by now, and printed
  }
  reports.barrier();  // nobody goes on, or exits, before all has been said
}

void rank_failures::OnTestPartResult(const testing::TestPartResult& result) {
  if (!result.failed()) return;
  const char* file = result.file_name() ? result.file_name() : "unknown file";
  messages_.push_back(std::string(file) + ":" + std::to_string(result.line_number()) + ": " +
                      result.message());
  if (rank_ != 0) std::fprintf(stderr, "rank %d: %s\n", rank_, messages_.back().c_str());
}

}  // namespace cohort::test
