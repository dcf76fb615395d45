// An endpoint between calls: what goes on beside them, and what is left when one of them fails.
#include "runtime/local_job.hpp"
#include "runtime/refused_calls.hpp"
#include "runtime/time_limit.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace cohort::test {
namespace {

runtime::settings streamed() {
  runtime::settings s;
  s.single_copy = false;
  return s;
}

// Rank 1 sends a stream, which goes on only in its calls, to rank 2, and otherwise only makes calls
// that need not wait.
TEST(endpoint, a_stream_goes_on_in_calls_that_need_not_wait) {
  const time_limit limit;
  for (const bool receiving : {false, true}) {
    local_job job(3, streamed(), threading::serialized);
    const std::vector<double> field(200'000, 1.5);
    std::vector<double> received(field.size());
    request sent = job.world(1).isend(2, 1, std::span(field));
    request arriving = job.world(2).irecv(1, 1, std::span(received));
    bool done = false;
    for (int i = 0; i < 10'000 && !done; ++i) {
      job.world(receiving ? 0 : 1).send(receiving ? 1 : 0, 2, i);
      EXPECT_EQ(job.world(receiving ? 1 : 0).recv<int>(receiving ? 0 : 1, 2), i);
      done = arriving.test().has_value();
    }
    EXPECT_TRUE(done);
    EXPECT_TRUE(received == field);
    sent.wait();
  }
}

// The look at a death that fails half way is taken again, or who waits for the dead would not be
// told.
TEST(endpoint, a_death_is_noticed_although_memory_was_short) {
  const time_limit limit;
  local_job job(2, {}, threading::serialized);
  const communicator world = job.world(0);
  const std::vector<int> field(100'000, 1);
  int value = 0;
  request waiting = world.irecv(1, 2, value);
  request lost = job.world(1).isend(0, 1, std::span(field));
  job.kill(1);
  // Nothing but the death makes rank 0 look at what rank 1 has sent, for which it has no memory.
  job.memory().member(0).attention[0].store(0);
  with_refused_call(SYS_fallocate, ENOSPC, [&] { EXPECT_THROW(waiting.wait(), resource_error); });
  EXPECT_TRUE(waiting.active());
  EXPECT_THROW(waiting.wait(), rank_failed);
}

// What a wait has told others of itself ends with it, however it ends.
TEST(endpoint, a_wait_that_fails_leaves_no_trace) {
  const time_limit limit;
  runtime::settings sleepy;
  sleepy.wait = runtime::wait_policy::sleep;
  local_job job(2, sleepy, threading::serialized);
  const communicator world = job.world(0);
  std::thread([&] {
    EXPECT_THROW(world.recv<int>(1, 1, within(std::chrono::milliseconds(1))), timeout_error);
  }).join();
  runtime::member_entry& me = job.memory().member(0);
  EXPECT_EQ(me.asleep.load(), 0u);
  EXPECT_EQ(me.waiting.operation.load(), 0u);
  // Damage that is found by the next wait when it wakes.
  std::thread damage([&] {
    while (me.asleep.load() == 0) std::this_thread::yield();
    job.memory().directory(0, 1).store(8);
    runtime::call_attention(job.memory(), 0, 1);
  });
  EXPECT_THROW(world.recv<int>(1, 1), resource_error);
  damage.join();
  EXPECT_EQ(me.asleep.load(), 0u);
  EXPECT_EQ(me.waiting.operation.load(), 0u);
  EXPECT_EQ(runtime::awake_members(job.memory().header()), 2u);
  job.memory().directory(0, 1).store(0);
}

TEST(endpoint, a_split_without_contexts_fails_for_all) {
  const time_limit limit;
  local_job job(3, {}, threading::serialized);
  job.memory().header().next_context.store(runtime::max_context);
  std::vector<local_job::task> tasks;
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    tasks.push_back({rank, [](const communicator& world) {
                       EXPECT_THROW(world.split(world.rank() % 2), resource_error);
                       EXPECT_THROW(world.dup(), resource_error);
                       world.barrier();
                     }});
  }
  job.run(tasks);
}

}  // namespace
}  // namespace cohort::test
