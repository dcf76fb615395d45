// `death_survivors SCENARIO` under --on-failure=continue: what the calls of survivors do. A rank
// that sees something else says so and exits with code 1.
#include <cohort/cohort.hpp>

#include "runtime/member.hpp"
#include "runtime/process.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <source_location>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using cohort::any_source;
using cohort::communicator;
using numbers = std::vector<int>;

void require(bool holds, const char* what,
             std::source_location where = std::source_location::current()) {
  if (!holds) throw std::logic_error(std::to_string(where.line()) + ": not so: " + what);
}

// The call must throw rank_failed for `peer`, and say how it ended.
void expect_failure(int peer, const char* how, const char* name, const std::function<void()>& call,
                    std::source_location where = std::source_location::current()) {
  const std::string place = std::to_string(where.line()) + ": " + name;
  try {
    call();
  } catch (const cohort::rank_failed& failure) {
    if (failure.peer() == peer && failure.message().find(how) != std::string::npos) return;
    throw std::logic_error(place + " threw: " + failure.what());
  }
  throw std::logic_error(place + " did not throw rank_failed");
}

// Returns when rank `rank` is known to have ended: what it had sent is there.
void await_end(int rank) {
  const auto memory = cohort::runtime::current_endpoint()->shared_memory();
  const auto& state = memory->member(static_cast<std::uint32_t>(rank)).state;
  while (!cohort::runtime::terminal(state.load())) ::usleep(1000);
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  ::_exit(99);
}

// Every call that needs rank 1, which is gone and sent nothing that these would match.
void expect_all_calls_fail(const communicator& world, const char* how) {
  const numbers small(3), large(1 << 20);
  numbers room(1 << 20);
  const auto fails = [&](const char* name, const std::function<void()>& call) {
    expect_failure(1, how, name, call);
  };
  fails("recv", [&] { world.recv<int>(1, 1); });
  fails("recv with a deadline",
        [&] { world.recv<int>(1, 1, cohort::within(std::chrono::hours(1))); });
  fails("irecv", [&] { world.irecv<numbers>(1, 1).get(); });
  fails("probe", [&] { world.probe(1, 1); });
  fails("mprobe", [&] { world.mprobe(1); });
  fails("send", [&] { world.send(1, 1, small); });
  fails("send of a long message", [&] { world.send(1, 1, large); });
  fails("ssend", [&] { world.ssend(1, 1, small); });
  fails("isend", [&] { world.isend(1, 1, small).wait(); });
  fails("isend of a long message", [&] { world.isend(1, 1, std::span(large)).wait(); });
  fails("issend", [&] { world.issend(1, 1, small).wait(); });
  fails("sendrecv from it", [&] { world.sendrecv<int>(world.rank(), 2, 1, 1, 1); });
  world.recv<int>(world.rank(), 2);
  fails("sendrecv to it", [&] { world.sendrecv<int>(1, 1, 1, world.rank(), 2); });
  fails("exchange", [&] { cohort::exchange(world, 1, 5); });
  auto sender = world.send_init(1, 1, std::span(large));
  auto receiver = world.recv_init(1, 1, std::span(room));
  for (int turn = 0; turn < 2; ++turn) {
    fails("a persistent send", [&] {
      sender.start();
      sender.wait();
    });
    fails("a persistent receive", [&] {
      receiver.start();
      receiver.wait();
    });
  }
  std::array<cohort::request, 2> pair{world.irecv(1, 1), world.irecv(1, 2)};
  fails("wait_all", [&] { cohort::wait_all(pair); });
  fails("wait_any", [&] { cohort::wait_any(pair); });
  require(!world.iprobe(1), "iprobe finds nothing");
  require(!world.improbe(1), "improbe finds nothing");
}

void named_calls(const communicator& world) {
  if (world.rank() == 1) die();
  expect_all_calls_fail(world, "killed by signal 9 (SIGKILL)");
}

// Calls that are under way when the peer dies: each rank is in another.
void pending_calls(const communicator& world) {
  const numbers large(1 << 20);
  switch (world.rank()) {
    case 1:
      for (int rank = 0; rank < world.size(); ++rank) {
        const auto memory = cohort::runtime::current_endpoint()->shared_memory();
        while (rank != 1 && !describe_wait(*memory, static_cast<std::uint32_t>(rank)))
          ::usleep(1000);
      }
      die();
    case 0:
      return expect_failure(1, "dead", "recv", [&] { world.recv<int>(1, 1); });
    case 2:
      return expect_failure(1, "dead", "send", [&] { world.send(1, 1, large); });
    case 3:
      return expect_failure(1, "dead", "recv", [&] { world.recv<int>(any_source, 1); });
    case 4:
      return expect_failure(1, "dead", "probe", [&] { world.probe(any_source, 1); });
    case 5:
      return expect_failure(1, "dead", "wait", [&] { world.irecv<int>(1, 1).get(); });
    default:
      return expect_failure(1, "dead", "ssend", [&] { world.ssend(1, 1, 1); });
  }
}

void finalized_peer(const communicator& world) {
  const numbers small{1, 2, 3}, block(1000, 4), large(1 << 20, 5);
  if (world.rank() == 1) {
    world.send(0, 3, small);
    world.send(0, 4, block);
    auto left_behind = world.isend(0, 5, large);
    return;  // its end waits until the long message is received
  }
  if (world.rank() != 0) return;
  require(world.recv<numbers>(1, 5) == large, "the long message came");
  await_end(1);
  require(world.recv<numbers>(1, 4) == block, "the block came");
  require(world.recv<numbers>(any_source, 3) == small, "the small message came");
  if (world.size() == 2) {  // what a rank has sent to itself can be received by the last one, too
    for (const numbers& own : {small, block, large}) {
      auto sent = world.isend(0, 6, own);
      require(world.recv<numbers>(any_source, 6) == own, "its own message came");
      sent.wait();
      sent = world.isend(0, 7, own);
      require(world.probe(any_source, 7).source() == 0, "its own message is seen");
      require(world.recv<numbers>(0, 7) == own, "and comes");
      sent.wait();
    }
  }
  expect_all_calls_fail(world, "has finalized");
}

// What was sent comes, few enough messages for the ring: from any source and by name, before the
// failure is told.
void sent_before_death(const communicator& world) {
  constexpr int few = 40;
  if (world.rank() == 1) {
    for (int i = 0; i < few; ++i)
      world.send(0, i % 2, numbers(static_cast<std::size_t>(i % 60), i));
    die();
  }
  if (world.rank() != 0) return;
  await_end(1);
  for (int tag = 0; tag < 2; ++tag) {
    for (int i = tag; i < few; i += 2) {
      const int source = i % 3 == 0 ? any_source : 1;
      require(world.recv<numbers>(source, tag) == numbers(static_cast<std::size_t>(i % 60), i),
              "a message that was sent before the death came");
    }
  }
  expect_failure(1, "dead", "recv", [&] { world.recv<numbers>(1, cohort::any_tag); });
}

// Rank 2 dies, later rank 1 ends in good order; rank 0 receives from any source.
void any_source_receives(const communicator& world) {
  const communicator other = world.dup();
  if (world.rank() == 2) {
    world.send(0, 5, 20);
    die();
  }
  if (world.rank() == 1) {
    world.recv<int>(0, 8);
    world.send(0, 6, 10);
    other.send(0, 6, 11);
    world.send(0, 6, 12);
    return;
  }
  require(world.recv<int>(any_source, 5) == 20, "a message of the dead rank comes");
  expect_failure(2, "dead", "recv", [&] { world.recv<int>(any_source, 6); });
  world.send(1, 8, 0);
  require(world.recv<int>(any_source, 6) == 10, "the next receive goes on");
  expect_failure(2, "dead", "recv on the other communicator", [&] { other.probe(any_source, 7); });
  require(other.recv<int>(any_source, 6) == 11, "it goes on there, too");
  require(world.irecv<int>(any_source, 6).get() == 12, "a request goes on");
  await_end(1);
  for (int turn = 0; turn < 2; ++turn) {
    expect_failure(2, "dead", "recv with nobody left", [&] { world.recv<int>(any_source, 6); });
    expect_failure(2, "dead", "probe with nobody left", [&] { world.probe(any_source, 6); });
  }
}

// The last rank dies; nobody else can pass.
void collective(const communicator& world, const std::function<void(const communicator&)>& call) {
  const int victim = world.size() - 1;
  if (world.rank() == victim) die();
  for (int turn = 0; turn < 3; ++turn) {
    expect_failure(victim, "", "a collective call", [&] { call(world); });
  }
  // What it left behind does not disturb the survivors.
  const int right = (world.rank() + 1) % victim;
  const int left = (world.rank() + victim - 1) % victim;
  require(world.sendrecv<int>(right, 1, world.rank(), left, 1) == left, "survivors go on");
}

const std::map<std::string, void (*)(const communicator&)> scenarios{
    {"named_calls", named_calls},
    {"pending_calls", pending_calls},
    {"finalized_peer", finalized_peer},
    {"sent_before_death", sent_before_death},
    {"any_source", any_source_receives},
    {"barrier",
     [](const communicator& world) {
       collective(world, [](const communicator& c) { c.barrier(); });
     }},
    {"dup",
     [](const communicator& world) { collective(world, [](const communicator& c) { c.dup(); }); }},
};

}  // namespace

int main(int argc, char** argv) {
  const cohort::environment env(argc, argv);
  const communicator world;
  try {
    scenarios.at(argv[1])(world);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rank %d: %s\n", world.rank(), e.what());
    return 1;
  }
  std::puts("as expected");
}
