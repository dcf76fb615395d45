#include <cohort/environment.hpp>
#include <cohort/error.hpp>
#include <cohort/thread_ranks.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/job.hpp"
#include "runtime/process.hpp"

#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace cohort {

void run_threads(int ranks, const std::function<void(const communicator&)>& body, call where) {
  if (ranks < 1) {
    throw argument_error("a job needs at least one rank, not " + std::to_string(ranks),
                         {.operation = "run_threads", .site = where.site});
  }
  const auto chosen = runtime::settings::from_environment();
  const auto job = runtime::job::create({.ranks = static_cast<std::uint32_t>(ranks),
                                         .host = environment::host_name(),
                                         .processors = runtime::usable_processors()});
  // All endpoints before the first thread, so that a rank that is sent to exists; made here and
  // used there, one thread at a time.
  std::vector<std::shared_ptr<runtime::endpoint>> endpoints;
  for (int rank = 0; rank < ranks; ++rank) {
    endpoints.push_back(std::make_shared<runtime::endpoint>(
        job.memory(), static_cast<std::uint32_t>(rank), chosen, threading::serialized));
  }
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank < endpoints.size(); ++rank) {
    threads.emplace_back([&, rank] {
      auto& home = endpoints[rank];
      runtime::set_thread_endpoint(home);
      try {
        body(communicator(runtime::communicator_state::world(home)));
        home->leave(runtime::member_state::finalized);
      } catch (...) {
        thrown[rank] = std::current_exception();
        home->leave(runtime::member_state::left_by_throw);
      }
      runtime::set_thread_endpoint(nullptr);
    });
  }
  for (std::thread& t : threads) t.join();
  std::exception_ptr consequence;
  for (const auto& e : thrown) {
    if (!e) continue;
    try {
      std::rethrow_exception(e);
    } catch (const rank_failed&) {
      if (!consequence) consequence = e;  // usually because of another rank's exception
    }
  }
  if (consequence) std::rethrow_exception(consequence);
}

}  // namespace cohort
