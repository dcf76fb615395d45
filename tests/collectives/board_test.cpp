// The board's protocol: running ahead, sleeping, disagreement, deadlines, deaths, closing, its
// memory; and shrink(). What the algorithms on it compute stands in arena_test.cpp.
#include "collectives/algorithm.hpp"
#include "collectives/board_world.hpp"
#include "runtime/time_limit.hpp"

#include <cohort/communicator.hpp>
#include <cohort/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cohort::test {
namespace {

using collectives::find_algorithm;
using detail::collective;
using detail::collective_call;
using namespace std::chrono_literals;

const detail::element_type integer{71, sizeof(std::uint64_t), "uint64"};
const detail::element_type real{72, sizeof(double), "double"};
template <class T>
void add(const void*, const void* left, const void* right, void* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    static_cast<T*>(out)[i] = static_cast<const T*>(left)[i] + static_cast<const T*>(right)[i];
  }
}
const detail::reduction plus{&add<std::uint64_t>, nullptr, nullptr, 5, "plus", true};
const detail::reduction other_plus{&add<std::uint64_t>, nullptr, nullptr, 6, "other", true};

// One call on words, by an algorithm of the arena.
struct words {
  collective_call part;
  const char* algorithm;

  void run(board_world::rank& at, const call& where = {}) const {
    const auto* how = find_algorithm(part.what, algorithm);
    at.carry_out(
        part, [&] { how->run(at.board, part); }, where);
  }
};
words broadcast(std::uint64_t& word, int root, const char* how = "shared") {
  return {{.what = collective::broadcast,
           .name = "broadcast",
           .root = root,
           .type = &integer,
           .given = {&word, {.each = sizeof word, .sizes = {}, .offsets = {}}},
           .got = {.data = &word, .layout = {.each = sizeof word, .sizes = {}, .offsets = {}}}},
          how};
}
words all_reduce(std::vector<std::uint64_t>& values, const char* how = "shared") {
  const std::uint64_t bytes = values.size() * sizeof values[0];
  return {{.what = collective::all_reduce,
           .name = "all_reduce",
           .type = &integer,
           .given = {values.data(), {.each = bytes, .sizes = {}, .offsets = {}}},
           .got = {.data = values.data(), .layout = {.each = bytes, .sizes = {}, .offsets = {}}},
           .op = &plus},
          how};
}
words barrier() {
  return {{.what = collective::barrier, .name = "barrier"}, "shared"};
}

// Whether `call` throws an Error whose text has all of `parts`.
template <class Error, class Call>
void expect_error(const Call& call, const std::vector<std::string>& parts) {
  try {
    call();
  } catch (const Error& e) {
    for (const std::string& text : parts) {
      EXPECT_NE(std::string(e.what()).find(text), std::string::npos)
          << e.what() << "\nlacks " << text;
    }
    return;
  } catch (const std::exception& e) {
    ADD_FAILURE() << "another error: " << e.what();
    return;
  }
  ADD_FAILURE() << "nothing was thrown";
}

struct way {
  const char* name;
  runtime::wait_policy wait;
  bool membarrier;
  threading::level level;
};
void PrintTo(const way& w, std::ostream* out) {
  *out << w.name;
}
class waiting_ways : public testing::TestWithParam<way> {
 protected:
  runtime::settings chosen() const {
    runtime::settings s;
    s.wait = GetParam().wait;
    s.membarrier = GetParam().membarrier;
    s.spin_microseconds = 5;
    return s;
  }
  time_limit limit_;
};

// A missed wake-up is a hang.
TEST_P(waiting_ways, ranks_that_sleep_are_woken) {
  for (const int ranks : {2, 3, 7}) {
    board_world world(ranks, chosen(), GetParam().level);
    world.run([&](board_world::rank& at) {
      for (std::uint64_t lap = 0; lap < 300; ++lap) {
        const int root = static_cast<int>(lap % static_cast<std::uint64_t>(ranks));
        std::uint64_t word = at.comm.rank() == root ? lap : 0;
        broadcast(word, root).run(at);
        EXPECT_EQ(word, lap);
        std::vector<std::uint64_t> sum(lap % 3 == 0 ? 5000 : 1, 1);
        all_reduce(sum, lap % 2 == 0 ? "shared" : "sliced").run(at);
        EXPECT_EQ(sum.back(), static_cast<std::uint64_t>(ranks));
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(
    ways, waiting_ways,
    testing::Values(way{"automatic", runtime::wait_policy::automatic, true, threading::serialized},
                    way{"sleep", runtime::wait_policy::sleep, true, threading::serialized},
                    way{"sleep_without_membarrier", runtime::wait_policy::sleep, false,
                        threading::serialized},
                    way{"yield", runtime::wait_policy::yield, true, threading::serialized},
                    way{"multiple", runtime::wait_policy::sleep, true, threading::multiple}));

// The root has nobody to wait for; its posts must not be overwritten before all have read them.
TEST(board, a_root_runs_ahead_no_further_than_its_posts_go) {
  const time_limit limit;
  constexpr std::uint64_t laps = 500;
  board_world world(3);
  std::atomic<std::uint64_t> sent{0};
  std::atomic<bool> go{false};
  world.run([&](board_world::rank& at) {
    const int me = at.comm.rank();
    if (me == 2) go.wait(false);
    for (std::uint64_t lap = 0; lap < laps; ++lap) {
      std::uint64_t word = me == 0 ? lap * 3 : 0;
      broadcast(word, 0).run(at);
      EXPECT_EQ(word, lap * 3);
      if (me != 0) continue;
      const std::uint64_t now = sent.fetch_add(1) + 1;
      if (now == collectives::post_slots - 1) {
        go = true;
        go.notify_all();
      }
    }
  });
  EXPECT_EQ(sent.load(), laps);
}

// Two threads of each rank, each with a communicator of its own.
TEST(board, threads_of_a_rank_use_communicators_of_their_own) {
  const time_limit limit;
  runtime::settings chosen;
  chosen.wait = runtime::wait_policy::sleep;
  constexpr int ranks = 3;
  board_world world(ranks, chosen, threading::multiple);
  std::vector<std::thread> threads;
  for (int r = 0; r < ranks; ++r) {
    for (std::uint32_t context : {100u, 102u}) {
      threads.emplace_back([&world, r, context] {
        runtime::communicator_state comm(world.endpoint(r), context, world.world(r)->members());
        collectives::board* mine = nullptr;
        {
          const runtime::endpoint::guard lock(comm.home());
          mine = &collectives::board_of(comm);
        }
        board_world::rank at{comm.home(), comm, *mine};
        for (int lap = 0; lap < 200; ++lap) {
          std::vector<std::uint64_t> sum(context == 100 ? 1 : 3000, 1);
          all_reduce(sum, context == 100 ? "shared" : "sliced").run(at);
          EXPECT_EQ(sum.back(), std::uint64_t{ranks});
        }
      });
    }
  }
  for (std::thread& t : threads) t.join();
}

// Handles to the world come and go, and with them their states.
TEST(board, the_worlds_steps_go_on_behind_any_handle) {
  const time_limit limit;
  board_world world(2);
  world.run([&](board_world::rank& at) {
    for (std::uint64_t lap = 0; lap < 20; ++lap) {
      const auto handle = runtime::communicator_state::world(world.endpoint(at.comm.rank()));
      board_world::rank fresh{at.home, *handle, collectives::board_of(*handle)};
      std::uint64_t word = at.comm.rank() == 1 ? lap : 99;
      broadcast(word, 1).run(lap % 2 == 0 || at.comm.rank() == 0 ? fresh : at);
      EXPECT_EQ(word, lap);
    }
  });
}

// Each makes its way to every rank, and the communicator stays closed.
struct misuse {
  const char* name;
  words (*right)(std::vector<std::uint64_t>&);
  words (*wrong)(std::vector<std::uint64_t>&);  // at rank 1
  std::vector<std::string> texts;
};
void PrintTo(const misuse& m, std::ostream* out) {
  *out << m.name;
}
class disagreement : public testing::TestWithParam<misuse> {};

TEST_P(disagreement, is_an_error_at_every_rank) {
  const time_limit limit;
  const misuse& m = GetParam();
  for (const int ranks : {2, 3, 7}) {
    board_world world(ranks);
    world.run([&](board_world::rank& at) {
      std::vector<std::uint64_t> values(6000, 1);
      for (int lap = 0; lap < 40; ++lap) barrier().run(at);
      // Who could return early meets the error in its next calls.
      const auto calls = [&] {
        (at.comm.rank() == 1 ? m.wrong : m.right)(values).run(at);
        for (int lap = 0; lap < 3; ++lap) barrier().run(at);
      };
      std::vector<std::string> texts = m.texts;
      texts.insert(texts.end(), {"ranks disagree", "rank 1 call", "let all ranks call the same"});
      expect_error<collective_error>(calls, texts);
      expect_error<collective_error>([&] { barrier().run(at); }, texts);
    });
  }
}

words reduce_of(std::vector<std::uint64_t>& v, std::size_t count, const detail::reduction& op,
                const detail::element_type& type, const char* how = "shared") {
  words w = all_reduce(v, how);
  w.part.given.layout.each = w.part.got.layout.each = count * 8;
  w.part.op = &op;
  w.part.type = &type;
  return w;
}

INSTANTIATE_TEST_SUITE_P(
    calls, disagreement,
    testing::Values(misuse{"operation",
                           [](auto& v) { return all_reduce(v); },
                           [](auto& v) { return broadcast(v[0], 0); },
                           {"all_reduce(48000 bytes of uint64, plus)",
                            "broadcast(root 0, 8 bytes of uint64)", "board_test.cpp:"}},
                    misuse{"root",
                           [](auto& v) { return broadcast(v[0], 0); },
                           [](auto& v) { return broadcast(v[0], 1); },
                           {"broadcast(root 0, 8", "broadcast(root 1, 8"}},
                    misuse{"root_of_long_ones",
                           [](auto& v) { return broadcast(v[0], 0, "single_copy"); },
                           [](auto& v) { return broadcast(v[0], 1, "single_copy"); },
                           {"broadcast(root 0", "broadcast(root 1"}},
                    misuse{"count",
                           [](auto& v) { return reduce_of(v, 1, plus, integer); },
                           [](auto& v) { return reduce_of(v, 2, plus, integer); },
                           {"all_reduce(8 bytes", "all_reduce(16 bytes"}},
                    misuse{"count_of_long_ones",
                           [](auto& v) { return reduce_of(v, 5000, plus, integer, "sliced"); },
                           [](auto& v) { return reduce_of(v, 1, plus, integer); },
                           {"all_reduce(40000 bytes", "all_reduce(8 bytes"}},
                    misuse{"operator",
                           [](auto& v) { return reduce_of(v, 1, plus, integer); },
                           [](auto& v) { return reduce_of(v, 1, other_plus, integer); },
                           {"uint64, plus)", "uint64, other)"}},
                    misuse{"type",
                           [](auto& v) { return reduce_of(v, 1, plus, integer); },
                           [](auto& v) { return reduce_of(v, 1, plus, real); },
                           {"8 bytes of uint64", "8 bytes of double"}},
                    misuse{"barrier",
                           [](auto&) { return barrier(); },
                           [](auto& v) { return all_reduce(v, "sliced"); },
                           {"barrier()", "all_reduce("}}));

// The ranks that have not called yet are named, and throw when they do.
TEST(board, a_disagreement_names_who_has_not_come) {
  const time_limit limit;
  board_world world(3);
  std::atomic<int> told{0};
  world.run([&](board_world::rank& at) {
    std::vector<std::uint64_t> values(1, 1);
    const int me = at.comm.rank();
    if (me == 2) {
      while (told.load() != 2) told.wait(told.load());
      expect_error<collective_error>([&] { barrier().run(at); }, {"rank 1 calls all_reduce"});
      return;
    }
    expect_error<collective_error>(
        [&] { me == 0 ? barrier().run(at) : all_reduce(values).run(at); },
        {"rank 0 calls barrier()", "rank 2 has called nothing yet"});
    told.fetch_add(1);
    told.notify_all();
  });
}

// A call that waits for messages takes no step; its claim is found all the same.
TEST(board, a_blocking_and_a_non_blocking_call_disagree) {
  const time_limit limit;
  board_world world(2);
  world.run([&](board_world::rank& at) {
    std::vector<std::uint64_t> values(1, 1);
    const words call = all_reduce(values);
    if (at.comm.rank() == 0) {
      expect_error<collective_error>([&] { call.run(at); },
                                     {"ranks disagree", "all_reduce(8 bytes of uint64, plus)"});
      return;
    }
    const runtime::endpoint::guard lock(at.home);
    at.board.announce(call.part, {});
    while (!at.board.closed()) at.board.compare_calls();
    expect_error<collective_error>([&] { at.board.check(call.part, {}); }, {"ranks disagree"});
  });
}

// Off: the calls go on as far as they can, and nothing is written down.
TEST(board, the_check_can_be_switched_off) {
  const time_limit limit;
  runtime::settings chosen;
  chosen.collective_check = false;
  board_world world(2, chosen);
  world.run([&](board_world::rank& at) {
    std::vector<std::uint64_t> sum(1, 1);
    words call = reduce_of(sum, 1, at.comm.rank() == 0 ? plus : other_plus, integer);
    call.run(at);
    EXPECT_EQ(sum[0], 2u);
    EXPECT_EQ(at.board.lines(0).claims[1].number.load(), 0u);
  });
}

// One rank never comes.
TEST(board, a_deadline_closes_the_board_for_all) {
  const time_limit limit;
  board_world world(3);
  std::atomic<int> told{0};
  world.run([&](board_world::rank& at) {
    const int me = at.comm.rank();
    const auto late = [&] { barrier().run(at); };
    if (me == 0) {
      expect_error<timeout_error>([&] { barrier().run(at, within(20ms)); }, {"barrier(rank 2)"});
    } else if (me == 1) {
      expect_error<collective_error>(
          late, {"deadline of rank 0 passed in barrier() at", "board_test.cpp:", "shrink()"});
    } else {
      while (told.load() != 2) told.wait(told.load());
    }
    told.fetch_add(1);
    told.notify_all();
    if (me != 1) expect_error<collective_error>(late, {"deadline of rank 0 passed in barrier()"});
  });
}

// What leaves a call as an exception ends it everywhere.
TEST(board, an_exception_in_an_operator_closes_the_board_for_all) {
  const time_limit limit;
  board_world world(3);
  world.run([&](board_world::rank& at) {
    static constexpr auto refuse = [](const void*, const void*, const void*, void*, std::size_t) {
      throw std::domain_error("not these");
    };
    const detail::reduction broken{refuse, nullptr, nullptr, 5, "plus", true};
    std::vector<std::uint64_t> values(5000, 1);
    words call = all_reduce(values, "sliced");
    if (at.comm.rank() == 1) call.part.op = &broken;
    if (at.comm.rank() == 1)
      expect_error<std::domain_error>([&] { call.run(at); }, {"not these"});
    else
      expect_error<collective_error>([&] { call.run(at); },
                                     {"rank 1 has given up in all_reduce(40000 bytes"});
  });
}

// A rank is gone before its part, whatever the others call.
TEST(board, a_death_closes_the_board_for_all) {
  const time_limit limit;
  for (const char* how : {"shared", "sliced"}) {
    board_world world(4);
    world.run([&](board_world::rank& at) {
      std::vector<std::uint64_t> values(5000, 1);
      all_reduce(values, how).run(at);
      if (at.comm.rank() == 2) {
        at.home.leave(runtime::member_state::dead);
        return;
      }
      for (int turn = 0; turn < 3; ++turn) {
        expect_error<rank_failed>([&] { all_reduce(values, how).run(at); }, {"rank 2 is dead"});
      }
      // Those that are left go on without it.
      const communicator left = communicator(at.comm.shared_from_this()).shrink();
      EXPECT_EQ(left.size(), 3);
      EXPECT_EQ(left.rank(), at.comm.rank() == 3 ? 2 : at.comm.rank());
      const auto state = left.share({});
      board_world::rank fresh{at.home, *state, collectives::board_of(*state)};
      std::vector<std::uint64_t> sum(5000, 1);
      all_reduce(sum, how).run(fresh);
      EXPECT_EQ(sum.back(), 3u);
    });
  }
}

// What a rank had posted before its end still counts.
TEST(board, a_rank_may_leave_after_its_part) {
  const time_limit limit;
  for (const auto how : {runtime::member_state::finalized, runtime::member_state::dead}) {
    board_world world(3);
    world.run([&](board_world::rank& at) {
      std::uint64_t word = at.comm.rank() == 0 ? 7 : 0;
      if (at.comm.rank() != 0) {
        const auto& root = at.home.memory().member(0).state;
        while (!runtime::terminal(root.load())) std::this_thread::yield();
      }
      broadcast(word, 0).run(at);
      EXPECT_EQ(word, 7u);
      if (at.comm.rank() == 0) at.home.leave(how);
    });
  }
}

// Communicators that are made, used and dropped in a loop use the same memory again.
TEST(board, dropped_boards_give_their_memory_back) {
  const time_limit limit;
  constexpr int ranks = 3;
  board_world world(ranks);
  std::atomic<std::uint64_t> highest[2] = {0, 0};
  world.run([&](board_world::rank& at) {
    for (std::uint32_t lap = 0; lap < 400; ++lap) {
      const auto comm = std::make_shared<runtime::communicator_state>(
          world.endpoint(at.comm.rank()), 2 + 2 * lap, at.comm.members());
      board_world::rank fresh{at.home, *comm, collectives::board_of(*comm)};
      std::vector<std::uint64_t> sum(3000, 1);
      all_reduce(sum, "shared").run(fresh);
      EXPECT_EQ(sum[0], std::uint64_t{ranks});
      barrier().run(at);  // so that all drop it before the next is made
      // The next byte of the heap that was never given out, seen through a small allocation.
      const std::uint64_t top = at.home.own_heap().allocate(1 << 20);
      at.home.own_heap().free(top, 1 << 20);
      if (lap == 20 && at.comm.rank() == 0) highest[0] = top;
      if (lap == 399 && at.comm.rank() == 0) highest[1] = top;
    }
  });
  EXPECT_EQ(highest[0].load(), highest[1].load());
}

// Shrinking with nobody missing, and again; then with ever fewer.
TEST(shrink, gives_the_survivors_a_communicator_in_rank_order) {
  const time_limit limit;
  constexpr int ranks = 7;
  board_world world(ranks);
  world.run([&](board_world::rank& at) {
    communicator left(at.comm.shared_from_this());
    for (int lap = 0; lap < 3; ++lap) {
      const communicator same = left.shrink();
      EXPECT_EQ(same.size(), ranks);
      EXPECT_EQ(same.rank(), left.rank());
      EXPECT_FALSE(same == left);
    }
    // In each turn the lowest rank goes, while the others already shrink.
    for (int turn = 1; turn < ranks; ++turn) {
      if (left.rank() == 0) {
        at.home.leave(runtime::member_state::dead);
        return;
      }
      left = left.shrink();
      // Who went after the others had agreed is a dead member: once more then.
      while (left.size() > ranks - turn) left = left.shrink();
      EXPECT_EQ(left.size(), ranks - turn);
      EXPECT_EQ(left.rank(), at.comm.rank() - turn);
      const auto state = left.share({});
      board_world::rank fresh{at.home, *state, collectives::board_of(*state)};
      std::vector<std::uint64_t> sum(1, 1);
      all_reduce(sum).run(fresh);
      EXPECT_EQ(sum[0], static_cast<std::uint64_t>(ranks - turn));
    }
  });
}

TEST(shrink, may_be_called_again_after_its_deadline) {
  const time_limit limit;
  board_world world(2);
  std::atomic<bool> late{false};
  world.run([&](board_world::rank& at) {
    const communicator all(at.comm.shared_from_this());
    if (at.comm.rank() == 0) {
      expect_error<timeout_error>([&] { all.shrink(within(10ms)); }, {"shrink"});
      late = true;
      late.notify_all();
    } else {
      late.wait(false);
    }
    EXPECT_EQ(all.shrink().size(), 2);
  });
}

}  // namespace
}  // namespace cohort::test
