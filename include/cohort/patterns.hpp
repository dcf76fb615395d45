// Helpers against deadlock: patterns of exchange that are easily written so that all wait.
#pragma once

#include <cohort/communicator.hpp>

#include <functional>
#include <type_traits>
#include <utility>

namespace cohort {

// Trades values with a partner, who makes the same call with this rank. Avoids the deadlock of two
// ranks that both send first and whose messages are too long to be buffered, or that both receive
// first. The partner null_rank gives back a default value.
//   auto theirs = cohort::exchange(world, world.rank() ^ 1, mine);
template <class T>
T exchange(const communicator& comm, int partner, const T& value, int tag = 0, call where = {}) {
  return comm.sendrecv<T>(partner, tag, value, partner, tag, where);
}

// Passes a value along the ring of all ranks, `displacement` further (negative: back), and returns
// the one that comes in. Collective. Avoids the deadlock of a ring in which everybody sends to the
// right before receiving from the left: it works while messages are short and hangs when they grow.
//   auto from_left = cohort::shift(world, mine);
template <class T>
T shift(const communicator& comm, const T& value, int displacement = 1, int tag = 0,
        call where = {}) {
  const int size = comm.size(where);
  const int step = (displacement % size + size) % size;
  const int to = (comm.rank(where) + step) % size;
  const int from = (comm.rank(where) + size - step) % size;
  return comm.sendrecv<T>(to, tag, value, from, tag, where);
}

// Runs f on one rank after another, in rank order, and returns its result. Collective. Avoids the
// deadlock of ranks that wait for their turn by a chain of messages of which one link is missing,
// as when a rank leaves the section by an exception: the turn is passed on then, too.
//   cohort::ordered(world, [&] { std::cout << world.rank() << std::endl; });
template <class F>
std::invoke_result_t<F&> ordered(const communicator& comm, F&& f, int tag = 0, call where = {}) {
  const int rank = comm.rank(where);
  const int next = rank + 1 < comm.size(where) ? rank + 1 : null_rank;
  comm.recv(rank == 0 ? null_rank : rank - 1, tag, where);
  // Passes the turn on when f returns; when it throws, passing it on must not hide its exception.
  struct turn {
    const communicator& comm;
    int next, tag;
    const call& where;
    bool passed = false;
    ~turn() {
      if (passed) return;
      try {
        comm.send(next, tag, where);
      } catch (...) {
      }
    }
  } mine{comm, next, tag, where};
  if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
    std::invoke(f);
    mine.passed = true;
    comm.send(next, tag, where);
  } else {
    decltype(auto) result = std::invoke(f);
    mine.passed = true;
    comm.send(next, tag, where);
    return result;
  }
}

}  // namespace cohort
