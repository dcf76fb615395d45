// Collective calls: checks their arguments, picks an algorithm, runs it.
#include <cohort/constants.hpp>
#include <cohort/detail/collective.hpp>
#include <cohort/error.hpp>

#include "collectives/board/board.hpp"
#include "collectives/call_signature.hpp"
#include "collectives/schedule/schedule_run.hpp"
#include "collectives/selection.hpp"
#include "runtime/internal_tags.hpp"
#include "runtime/pending.hpp"
#include "runtime/report.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace cohort::runtime {

namespace {

using collectives::algorithm;
using collectives::board;
using collectives::schedule_run;
using detail::collective;
using detail::collective_call;

void check_rank(const communicator_state& comm, int rank, const char* role,
                const collective_call& part, const call& where) {
  if (rank >= 0 && rank < comm.size()) return;
  throw argument_error(std::string(role) + " " + std::to_string(rank) +
                           " is no rank of this communicator; its ranks are 0 to " +
                           std::to_string(comm.size() - 1),
                       {.rank = static_cast<int>(comm.home().self()),
                        .operation = part.name,
                        .peer = rank,
                        .site = where.site});
}

// An argument that can't be may be this rank's alone: the others must not wait for it.
void check_arguments(const communicator_state& comm, board& shared, const collective_call& part,
                     const call& where) {
  try {
    if (collectives::has_root(part.what)) check_rank(comm, part.root, "root", part, where);
    for (const auto ranks : {part.to, part.from}) {
      for (const int rank : ranks) {
        if (rank != null_rank) check_rank(comm, rank, "neighbour", part, where);
      }
    }
  } catch (const argument_error&) {
    const auto problem = std::current_exception();
    try {
      shared.announce(part, where);  // for the reports of others
    } catch (const error&) {
      // They have reports already: the board is closed.
    }
    shared.close(problem);
    throw;
  }
}

const algorithm& choose(const communicator_state& comm, const board& shared,
                        const collective_call& part, bool non_blocking) {
  return shared.choice().choose({
      .operation = part.what,
      .ranks = comm.size(),
      .block_bytes = collectives::block_bytes(part),
      .uniform = part.uniform,
      .all_on_one_host = true,  // all members of an arena are
      .commutative = !part.op || part.op->commutative,
      .packed = part.op && !part.op->combine,
      .non_blocking = non_blocking,
  });
}

// Tags are used again after so many calls; nobody is that far behind.
constexpr std::uint32_t tags = 1u << 30;

collectives::run_label next_label(board& shared, const collective_call& part) {
  const std::uint32_t number = shared.next_message_call() % tags;
  // Of all calls, so that a rank whose part in a wrong call was done sees it in its next one.
  std::uint32_t signature = shared.signature();
  if (signature == 0) signature = collectives::signature_of(part);
  // The special ids would match messages of any type.
  return {internal_tag::collective + static_cast<int>(number),
          detail::matches_anything(signature) ? ~signature : signature};
}

collectives::schedule plan_for(const algorithm& chosen, const communicator_state& comm,
                               const collective_call& part) {
  return chosen.plan({.rank = comm.rank(),
                      .size = comm.size(),
                      .root = part.root,
                      .to = part.to,
                      .from = part.from});
}

void run_over_messages(communicator_state& comm, board& shared, const algorithm& chosen,
                       const collective_call& part, const call& where) {
  schedule_run run(comm, shared, plan_for(chosen, comm, part), part, next_label(shared, part),
                   where, where.limit.never());
  if (!shared.wait([&] { return run.advance(); }, run.why(), where.limit)) {
    try {
      throw_timeout(comm.internal(), run.why());
    } catch (const timeout_error&) {
      run.give_up(std::current_exception());
    }
  }
  if (run.problem()) std::rethrow_exception(run.problem());
}

}  // namespace

void run_collective(communicator_state& comm, const collective_call& part, const call& where) {
  comm.home().check_usable(part.name, where);
  const endpoint::guard lock(comm.home());
  board& shared = collectives::board_of(comm);
  check_arguments(comm, shared, part, where);
  const algorithm& chosen = choose(comm, shared, part, false);
  shared.carry_out(part, where, [&] {
    if (chosen.run)
      chosen.run(shared, part);
    else
      run_over_messages(comm, shared, chosen, part, where);
  });
}

pending start_collective(const std::shared_ptr<communicator_state>& shared_comm,
                         const collective_call& part, std::shared_ptr<void> keep,
                         const call& where) {
  communicator_state& comm = *shared_comm;
  comm.home().check_usable(part.name, where);
  const endpoint::guard lock(comm.home());
  board& shared = collectives::board_of(comm);
  check_arguments(comm, shared, part, where);
  const algorithm& chosen = choose(comm, shared, part, true);
  shared.announce(part, where);
  auto run =
      std::make_unique<schedule_run>(comm, shared, plan_for(chosen, comm, part), part,
                                     next_label(shared, part), where, false, std::move(keep));
  if (run->advance()) {
    if (run->problem()) std::rethrow_exception(run->problem());
    message_facts facts;
    facts.source = any_source;
    facts.tag = any_tag;
    return pending(facts);
  }
  const wait_reason why = run->why();
  return start_activity(shared_comm, std::move(run), why);
}

void abandon_collective(communicator_state& comm, const char* name, const char* problem,
                        const call& where) noexcept {
  const endpoint::guard lock(comm.home());
  if (!comm.home().usable()) return;
  try {
    collectives::board_of(comm).refuse(name, problem, where);
  } catch (...) {
    // No memory for a board: the ranks that have none either are told so by themselves.
  }
}

}  // namespace cohort::runtime
