// Member slots: claimed once, ended once, waits that others read while they are written.
#include "runtime/member.hpp"
#include "runtime/awake.hpp"
#include "runtime/time_limit.hpp"

#include <cohort/constants.hpp>
#include <cohort/error.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace cohort::runtime {
namespace {

TEST(member, is_claimed_once) {
  const auto memory = arena::create(2);
  claim_member(*memory, 1);
  EXPECT_EQ(memory->member(1).state.load(), member_state::joined);
  EXPECT_EQ(memory->member(1).pid.load(), ::getpid());
  EXPECT_EQ(memory->member(1).incarnation.load(), 1u);
  EXPECT_EQ(awake_members(memory->header()), 1u);
  try {
    claim_member(*memory, 1);
    ADD_FAILURE();
  } catch (const start_error& e) {
    EXPECT_NE(std::string(e.what()).find("taken by process " + std::to_string(::getpid())),
              std::string::npos)
        << e.what();
  }
  EXPECT_EQ(memory->member(1).incarnation.load(), 1u);
  EXPECT_EQ(awake_members(memory->header()), 1u);
}

TEST(member, is_claimed_by_one_of_many_threads) {
  const test::time_limit limit;
  for (int round = 0; round < 50; ++round) {
    const auto memory = arena::create(1);
    std::atomic<int> won{0}, lost{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        try {
          claim_member(*memory, 0);
          ++won;
        } catch (const start_error&) {
          ++lost;
        }
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 3);
    EXPECT_EQ(awake_members(memory->header()), 1u);
  }
}

TEST(member, ends_once_and_stays_as_it_ended) {
  for (const member_state how :
       {member_state::finalized, member_state::left_by_throw, member_state::dead}) {
    const auto memory = arena::create(2);
    claim_member(*memory, 0);
    EXPECT_TRUE(end_member(*memory, 0, how, 9));
    EXPECT_EQ(awake_members(memory->header()), 0u);
    const auto epoch = memory->header().terminal_epoch.load();
    EXPECT_GT(epoch, 0u);
    EXPECT_FALSE(end_member(*memory, 0, member_state::dead, 11));
    EXPECT_FALSE(end_member(*memory, 0, member_state::finalized, 0));
    EXPECT_EQ(memory->member(0).state.load(), how);
    EXPECT_EQ(awake_members(memory->header()), 0u);
    EXPECT_THROW(claim_member(*memory, 0), start_error);
    EXPECT_EQ(memory->member(1).state.load(), member_state::vacant);
  }
}

// Who is awake is two words, of the sleeper and of the job, that a death may catch at odds.
TEST(member, is_not_counted_as_awake_wherever_it_died) {
  for (const std::uint32_t asleep : {0u, 1u}) {
    for (const bool marked : {false, true}) {
      const auto memory = arena::create(2);
      claim_member(*memory, 0);
      claim_member(*memory, 1);
      memory->member(1).asleep.store(asleep);
      marked ? mark_awake(memory->header(), 1) : mark_not_awake(memory->header(), 1);
      for (int told = 0; told < 2; ++told) {
        end_member(*memory, 1, member_state::dead, 9);
        EXPECT_EQ(awake_members(memory->header()), 1u);
      }
    }
  }
  // Between the claim and the mark.
  const auto memory = arena::create(2);
  claim_member(*memory, 0);
  memory->member(1).state.store(member_state::joined);
  end_member(*memory, 1, member_state::dead, 9);
  EXPECT_EQ(awake_members(memory->header()), 1u);
}

TEST(member, that_never_came_can_end) {
  const auto memory = arena::create(1);
  EXPECT_TRUE(end_member(*memory, 0, member_state::dead, 0));
  EXPECT_EQ(awake_members(memory->header()), 0u);
  EXPECT_THROW(claim_member(*memory, 0), start_error);
}

// An oracle that died between the state and the news: whoever says it again tells everybody.
TEST(member, an_end_is_told_again_on_every_call) {
  const auto memory = arena::create(2);
  claim_member(*memory, 0);
  claim_member(*memory, 1);
  memory->member(0).state.store(member_state::dead);
  memory->member(1).asleep.store(1);
  const auto epoch = memory->header().terminal_epoch.load();
  const auto bell = memory->member(1).doorbell.load();
  EXPECT_FALSE(end_member(*memory, 0, member_state::dead, 9));
  EXPECT_NE(memory->header().terminal_epoch.load(), epoch);
  EXPECT_NE(memory->member(1).doorbell.load(), bell);
}

TEST(member, ends_once_of_many_threads) {
  const test::time_limit limit;
  for (int round = 0; round < 50; ++round) {
    const auto memory = arena::create(3);
    for (std::uint32_t m = 0; m < 3; ++m) claim_member(*memory, m);
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const auto how = t % 2 == 0 ? member_state::dead : member_state::finalized;
        if (end_member(*memory, 1, how, t)) ++ended;
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(awake_members(memory->header()), 2u);
  }
}

TEST(member, a_call_for_attention_wakes_a_sleeper_only) {
  const auto memory = arena::create(70);
  claim_member(*memory, 1);
  member_entry& sleeper = memory->member(1);
  call_attention(*memory, 1, 69);
  EXPECT_EQ(sleeper.attention[1].load(), std::uint64_t{1} << 5);
  EXPECT_EQ(sleeper.doorbell.load(), 0u);
  sleeper.asleep.store(1);
  call_attention(*memory, 1, 0);
  EXPECT_EQ(sleeper.attention[0].load(), 1u);
  EXPECT_EQ(sleeper.doorbell.load(), 1u);
}

TEST(member, its_wait_is_described_in_the_users_words) {
  const auto memory = arena::create(2);
  EXPECT_FALSE(describe_wait(*memory, 0));
  publish_wait(*memory, 0, {"recv", 1, 7, 0, call_site()});
  const auto named = describe_wait(*memory, 0);
  ASSERT_TRUE(named);
  EXPECT_NE(named->find("recv(rank 1, tag 7) at "), std::string::npos) << *named;
  EXPECT_NE(named->find("member_test.cpp:"), std::string::npos) << *named;
  publish_wait(*memory, 0, {"probe", any_source, any_tag, 0, call_site::unknown()});
  EXPECT_EQ(describe_wait(*memory, 0)->find("probe(any source, any tag) for "), 0u);
  publish_wait(*memory, 0, {"barrier", no_peer, 0, 0, call_site::unknown()});
  EXPECT_EQ(describe_wait(*memory, 0)->find("barrier for "), 0u);
  withdraw_wait(*memory, 0);
  EXPECT_FALSE(describe_wait(*memory, 0));
}

// A member that died while it wrote its record: readers give up instead of waiting for it.
TEST(member, a_record_that_stays_half_written_is_no_wait) {
  const test::time_limit limit;
  const auto memory = arena::create(1);
  publish_wait(*memory, 0, {"recv", 1, 7, 0, call_site()});
  memory->member(0).waiting.sequence.fetch_add(1);
  EXPECT_FALSE(describe_wait(*memory, 0));
}

// One of two records that differ in every field is written all the time: no reader may see a
// mixture.
TEST(member, its_wait_is_read_whole_while_it_is_written) {
  const test::time_limit limit;
  const auto memory = arena::create(1);
  std::atomic<bool> over{false};
  std::thread writer([&] {
    while (!over) {
      publish_wait(*memory, 0, {"recv", 11, 11, 0, call_site::unknown()});
      publish_wait(*memory, 0, {"send", 22, 22, 0, call_site::unknown()});
    }
  });
  int seen = 0;
  while (seen < 2000) {
    const auto text = describe_wait(*memory, 0);
    if (!text) continue;
    ++seen;
    EXPECT_TRUE(text->find("recv(rank 11, tag 11) for ") == 0 ||
                text->find("send(rank 22, tag 22) for ") == 0)
        << *text;
  }
  over = true;
  writer.join();
}

}  // namespace
}  // namespace cohort::runtime
