// The executor of schedules: every algorithm over messages × operation × {uniform, differing
// lengths} × {a place of known layout, a result that is made to size} × {apart, in place} ×
// lengths; archives; many calls behind requests, on one communicator and on two, dropped ones among
// them; and what goes wrong: disagreement, deadlines, ranks that throw, bad roots.
#include <cohort/error.hpp>

#include "calls.hpp"
#include "collectives/algorithm.hpp"
#include "collectives/board/board.hpp"
#include "collectives/call_signature.hpp"
#include "collectives/schedule/schedule_run.hpp"
#include "runtime/communicator_state.hpp"
#include "runtime/internal_tags.hpp"
#include "support/ranked.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;
using collectives::algorithm;
using detail::collective;
using detail::collective_call;

constexpr std::size_t lengths[] = {0, 1, 3, 10, 3000};  // of 8 bytes: none to beyond eager
constexpr affine untouched{7, 7};

// One rank's memory for one call, and the call.
class prepared {
 public:
  enum class result { placed, grown, in_place };

  prepared(const task& about, int rank, result how) : about_(about) {
    const auto given = given_by(about, rank);
    const auto expected = expected_by(about, rank);
    for (const elements& block : given) append(given_, given_sizes_, block);
    for (const elements& block : expected) append(expected_, got_sizes_, block);
    got_.assign(expected_.size(), untouched);
    call_.what = about.what;
    call_.name = "test";
    call_.root = about.root;
    call_.type = &affine_type;
    call_.uniform = about.uniform;
    call_.op = about.reduces() ? &about_.op() : nullptr;
    call_.given = {given_.data(), layout(given_sizes_)};
    if (how == result::grown) {
      got_.clear();
      call_.got.layout.each = about.uniform ? about.count * sizeof(affine) : 0;
      call_.got.grow = &prepared::grow;
      call_.got.owner = this;
    } else {
      call_.got = {got_.data(), layout(got_sizes_), nullptr, nullptr};
    }
    if (how == result::in_place) lie_in_result(rank);
  }
  prepared(const prepared&) = delete;
  prepared& operator=(const prepared&) = delete;

  const collective_call& call() const { return call_; }
  const elements& got() const { return got_; }
  const elements& expected() const { return expected_; }
  // Nothing of what was lent is there any more.
  void ruin() {
    std::fill(given_.begin(), given_.end(), affine{0, 0});
    std::fill(got_.begin(), got_.end(), affine{0, 0});
  }

 private:
  static void append(elements& all, std::vector<std::uint64_t>& sizes, const elements& block) {
    all.insert(all.end(), block.begin(), block.end());
    sizes.push_back(block.size() * sizeof(affine));
  }
  detail::block_layout layout(const std::vector<std::uint64_t>& sizes) const {
    if (about_.uniform) return {about_.count * sizeof(affine), {}, {}};
    return {0, sizes, {}};
  }
  void lie_in_result(int rank) {
    std::size_t first = 0;
    if (about_.what == collective::all_gather || about_.what == collective::gather) {
      for (int r = 0; r < rank; ++r) {
        first += got_sizes_[static_cast<std::size_t>(r)] / sizeof(affine);
      }
    }
    std::copy(given_.begin(), given_.end(), got_.begin() + static_cast<std::ptrdiff_t>(first));
    call_.given.data = got_.data() + first;
  }
  static void* grow(void* owner, std::span<const std::uint64_t> sizes) {
    auto& self = *static_cast<prepared*>(owner);
    EXPECT_EQ(std::vector<std::uint64_t>(sizes.begin(), sizes.end()), self.got_sizes_);
    self.got_.resize(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}) /
                     sizeof(affine));
    return self.got_.data();
  }

  task about_;
  elements given_;
  elements got_;
  elements expected_;
  std::vector<std::uint64_t> given_sizes_;
  std::vector<std::uint64_t> got_sizes_;
  collective_call call_;
};

// Carries out a call by one algorithm, whatever the table says.
void run(const communicator& world, const algorithm& by, const collective_call& part,
         call where = {}) {
  runtime::communicator_state& comm = world.state(where);
  const runtime::endpoint::guard lock(comm.home());
  collectives::board& shared = collectives::board_of(comm);
  shared.carry_out(part, where, [&] {
    auto plan = by.plan({.rank = world.rank(),
                         .size = world.size(),
                         .root = part.root,
                         .to = part.to,
                         .from = part.from});
    const auto number = static_cast<int>(shared.next_message_call());
    collectives::schedule_run running(
        comm, shared, std::move(plan), part,
        {runtime::internal_tag::collective + number, collectives::signature_of(part)}, where, true);
    ASSERT_TRUE(shared.wait([&] { return running.advance(); }, running.why(), where.limit));
    if (running.problem()) std::rethrow_exception(running.problem());
  });
}

bool is_neighbourhood(collective what) {
  return what == collective::neighbor_all_gather || what == collective::neighbor_all_to_all;
}

// Whether the operation has a form in place here.
bool lies_in_result(const task& about, int rank) {
  switch (about.what) {
    case collective::all_gather:
    case collective::all_reduce:
    case collective::scan:
      return true;
    case collective::exscan:
      return rank != 0;
    case collective::all_to_all:
      return about.uniform;
    case collective::gather:
    case collective::reduce:
      return rank == about.root;
    default:
      return false;
  }
}

// Every algorithm, called with each length and root.
template <class Try>
void for_each_case(const communicator& world, bool uniform, Try&& attempt) {
  for (const algorithm& by : collectives::message_algorithms()) {
    if (is_neighbourhood(by.operation) || (!uniform && (by.uniform_only || by.slices))) continue;
    const int roots = collectives::has_root(by.operation) ? world.size() : 1;
    for (int root = 0; root < roots; ++root) {
      for (const std::size_t length : lengths) {
        SCOPED_TRACE(testing::Message() << collectives::name_of(by.operation) << " by " << by.name
                                        << ", root " << root << ", " << length << " elements");
        attempt(by, task{by.operation, world.size(), root, length, uniform, by.reorders});
      }
    }
  }
}

void compare(const communicator& world, bool uniform, prepared::result how) {
  for_each_case(world, uniform, [&](const algorithm& by, const task& about) {
    const bool here = how != prepared::result::in_place || lies_in_result(about, world.rank());
    prepared mine(about, world.rank(), here ? how : prepared::result::placed);
    run(world, by, mine.call());
    EXPECT_TRUE(mine.got() == mine.expected());
  });
}

request start(const communicator& world, const prepared& what,
              std::shared_ptr<void> keep = nullptr) {
  return request(runtime::start_collective(world.share({}), what.call(), std::move(keep), {}));
}

// Calls of all kinds, the same on all ranks.
task nth_task(int i, int ranks) {
  constexpr collective kinds[] = {collective::all_reduce,     collective::broadcast,
                                  collective::all_gather,     collective::scan,
                                  collective::gather,         collective::all_to_all,
                                  collective::scatter,        collective::reduce,
                                  collective::reduce_scatter, collective::barrier};
  task about;
  about.what = kinds[static_cast<std::size_t>(i) % std::size(kinds)];
  about.ranks = ranks;
  about.root = i % ranks;
  about.count = lengths[static_cast<std::size_t>(i) % std::size(lengths)];
  about.uniform = about.reduces() || i % 3 != 0;
  return about;
}

}  // namespace

RANKED_TEST(run, known_sizes_to_a_place, .minutes = 5) {
  compare(world, true, prepared::result::placed);
}
RANKED_TEST(run, known_sizes_to_a_result_made_to_size, .minutes = 5) {
  compare(world, true, prepared::result::grown);
}
RANKED_TEST(run, known_sizes_in_place, .minutes = 5) {
  compare(world, true, prepared::result::in_place);
}
RANKED_TEST(run, differing_sizes_to_a_place, .minutes = 5) {
  compare(world, false, prepared::result::placed);
}
RANKED_TEST(run, differing_sizes_to_a_result_made_to_size, .minutes = 5) {
  compare(world, false, prepared::result::grown);
}
RANKED_TEST(run, differing_sizes_in_place, .minutes = 5) {
  compare(world, false, prepared::result::in_place);
}

// Archives are strings here; combining them joins them, so that lengths grow on the way.
RANKED_TEST(run, archives_are_combined_in_rank_order) {
  static constexpr detail::element_type text{0x7e47u, 1, "text"};
  const detail::reduction join{nullptr,
                               [](const void*, std::span<const std::byte> left,
                                  std::span<const std::byte> right, byte_buffer& out) {
                                 out.append(left.data(), left.size());
                                 out.append(right.data(), right.size());
                               },
                               nullptr,
                               13,
                               "join",
                               false};
  const auto word_of = [](int rank) {
    return std::string(static_cast<std::size_t>(rank + 1), static_cast<char>('a' + rank));
  };
  for (const algorithm& by : collectives::message_algorithms()) {
    const bool all = by.operation == collective::all_reduce;
    if ((!all && by.operation != collective::scan) || by.slices || by.reorders || by.uniform_only) {
      continue;
    }
    SCOPED_TRACE(testing::Message() << collectives::name_of(by.operation) << " by " << by.name);
    const std::string mine = word_of(world.rank());
    const std::uint64_t size[] = {mine.size()};
    std::string got;
    collective_call part;
    part.what = by.operation;
    part.name = "test";
    part.type = &text;
    part.uniform = false;
    part.given = {mine.data(), {0, size, {}}};
    part.got.grow = [](void* owner, std::span<const std::uint64_t> sizes) -> void* {
      auto& into = *static_cast<std::string*>(owner);
      into.resize(sizes[0]);
      return into.data();
    };
    part.got.owner = &got;
    part.op = &join;
    run(world, by, part);
    std::string expected;
    for (int rank = 0; rank < (all ? world.size() : world.rank() + 1); ++rank) {
      expected += word_of(rank);
    }
    EXPECT_EQ(got, expected);
  }
}

RANKED_TEST(run, neighbours_on_a_ring) {
  const int to[] = {right_of(world), left_of(world), null_rank};
  const int from[] = {left_of(world), right_of(world), null_rank};
  for (const std::size_t length : lengths) {
    const std::uint64_t bytes = length * sizeof(affine);
    elements given(3 * length);
    for (std::size_t i = 0; i < given.size(); ++i) {
      given[i] = {static_cast<std::uint32_t>(world.rank()), static_cast<std::uint32_t>(i)};
    }
    elements got(3 * length, untouched);
    collective_call part;
    part.what = collective::neighbor_all_to_all;
    part.name = "test";
    part.type = &affine_type;
    part.given = {given.data(), {bytes, {}, {}}};
    part.got = {got.data(), {bytes, {}, {}}, nullptr, nullptr};
    part.to = to;
    part.from = from;
    runtime::run_collective(world.state({}), part, {});
    for (std::size_t i = 0; i < length; ++i) {
      const auto at = static_cast<std::uint32_t>(i);
      EXPECT_EQ(got[i], (affine{static_cast<std::uint32_t>(left_of(world)), at}));
      EXPECT_EQ(got[length + i], (affine{static_cast<std::uint32_t>(right_of(world)),
                                         static_cast<std::uint32_t>(length) + at}));
      EXPECT_EQ(got[2 * length + i], untouched);  // of nobody
    }
  }
}

RANKED_TEST(run, many_behind_requests) {
  std::vector<std::unique_ptr<prepared>> calls;
  std::vector<request> requests;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(std::make_unique<prepared>(nth_task(i, world.size()), world.rank(),
                                               prepared::result::placed));
    requests.push_back(start(world, *calls.back()));
  }
  // The last first: all move on whichever is waited for.
  for (std::size_t i = requests.size(); i-- > 0;) {
    requests[i].wait();
    EXPECT_EQ(calls[i]->got(), calls[i]->expected()) << "call " << i;
  }
}

RANKED_TEST(run, behind_requests_and_blocking_by_turns) {
  for (int i = 0; i < 20; ++i) {
    prepared behind(nth_task(i, world.size()), world.rank(), prepared::result::placed);
    prepared waited(nth_task(i + 1, world.size()), world.rank(), prepared::result::placed);
    request going_on = start(world, behind);
    runtime::run_collective(world.state({}), waited.call(), {});
    EXPECT_EQ(waited.got(), waited.expected()) << "call " << i;
    while (!going_on.test()) {
    }
    EXPECT_EQ(behind.got(), behind.expected()) << "call " << i;
  }
}

RANKED_TEST(run, two_communicators_do_not_mix) {
  const communicator other = world.dup();
  const bool odd = world.rank() % 2 == 1;
  for (int i = 0; i < 30; ++i) {
    prepared first(nth_task(i, world.size()), world.rank(), prepared::result::placed);
    prepared second(nth_task(i + 3, world.size()), world.rank(), prepared::result::placed);
    request one, two;
    // The order between communicators is each rank's own.
    if (odd) two = start(other, second);
    one = start(world, first);
    if (!odd) two = start(other, second);
    two.wait();
    one.wait();
    EXPECT_EQ(first.got(), first.expected()) << "call " << i;
    EXPECT_EQ(second.got(), second.expected()) << "call " << i;
  }
}

RANKED_TEST(run, a_dropped_call_goes_on_for_the_others) {
  for (int i = 0; i < 20; ++i) {
    SCOPED_TRACE(i);
    const task about = nth_task(i, world.size());
    const int last = world.size() - 1;
    // All but the last rank drop their requests before it starts, and forget what they had lent.
    prepared mine(about, world.rank(), prepared::result::placed);
    if (world.rank() != last) {
      const auto kept = std::make_shared<int>(0);
      start(world, mine, kept);
      mine.ruin();
      world.send(last, 1, i);
    } else {
      for (int rank = 0; rank < last; ++rank) world.recv<int>(rank, 1);
      start(world, mine).wait();
      EXPECT_EQ(mine.got(), mine.expected());
    }
  }
  world.barrier();
}

RANKED_TEST(run, a_dropped_call_lets_go_of_what_it_kept) {
  const auto kept = std::make_shared<int>(0);
  prepared mine(nth_task(0, world.size()), world.rank(), prepared::result::placed);
  start(world, mine, kept);
  while (kept.use_count() != 1) world.iprobe(any_source, any_tag);  // moves everything on
}

RANKED_TEST(run, a_collective_cannot_be_cancelled, .ranks = 2) {
  prepared mine(nth_task(0, world.size()), world.rank(), prepared::result::placed);
  if (world.rank() == 0) {
    request going_on = start(world, mine);
    EXPECT_TRUE(going_on.active());
    EXPECT_THROW(going_on.cancel(), request_error);
    world.send(1, 1, 0);
    for (int rank = 2; rank < world.size(); ++rank) world.send(rank, 1, 0);
    going_on.wait();
  } else {
    world.recv<int>(0, 1);
    start(world, mine).wait();
  }
  EXPECT_EQ(mine.got(), mine.expected());
}

RANKED_TEST(run, a_deadline_of_wait_leaves_the_call_going, .ranks = 2) {
  prepared mine(nth_task(0, world.size()), world.rank(), prepared::result::placed);
  if (world.rank() == 0) {
    request going_on = start(world, mine);
    EXPECT_THROW(going_on.wait(within(0ms)), timeout_error);
    for (int rank = 1; rank < world.size(); ++rank) world.send(rank, 1, 0);
    going_on.wait();
  } else {
    world.recv<int>(0, 1);
    start(world, mine).wait();
  }
  EXPECT_EQ(mine.got(), mine.expected());
}

// What goes wrong closes the collectives of the communicator, so each case has one of its own. ----

RANKED_TEST(run, ranks_that_disagree_all_hear_of_it, .ranks = 2) {
  for (const bool behind_a_request : {false, true}) {
    const communicator own = world.dup();
    // Ranks 0 and 1 wait for each other, the others for rank 1.
    elements block(3);
    collective_call part;
    part.what = collective::broadcast;
    part.name = "broadcast";
    part.root = own.rank() == 1 ? 0 : 1;
    part.type = &affine_type;
    part.got = {block.data(), {block.size() * sizeof(affine), {}, {}}, nullptr, nullptr};
    try {
      if (behind_a_request)
        request(runtime::start_collective(own.share({}), part, nullptr, {})).wait();
      else
        runtime::run_collective(own.state({}), part, {});
      // A rank that had nothing to wait for hears of it in its next call.
      own.barrier();
      ADD_FAILURE() << "nobody objected";
    } catch (const collective_error& e) {
      EXPECT_NE(std::string_view(e.what()).find("root 0"), std::string_view::npos) << e.what();
      EXPECT_NE(std::string_view(e.what()).find("root 1"), std::string_view::npos) << e.what();
    }
    world.send(right_of(world), 1, 5);  // point-to-point goes on
    EXPECT_EQ(world.recv<int>(left_of(world), 1), 5);
  }
}

RANKED_TEST(run, a_deadline_ends_the_call_everywhere, .ranks = 2) {
  const communicator own = world.dup();
  if (own.rank() == 0) {
    for (int rank = 1; rank < world.size(); ++rank) world.recv<int>(rank, 1);
    EXPECT_THROW(own.barrier(), collective_error);
  } else {
    int timeouts = 0;
    try {
      own.barrier(within(10ms));
      ADD_FAILURE() << "rank 0 has not come";
    } catch (const timeout_error&) {
      ++timeouts;
    } catch (const collective_error&) {  // another rank's deadline was first
      ++timeouts;
    }
    EXPECT_EQ(timeouts, 1);
    world.send(0, 1, 0);
  }
}

RANKED_TEST(run, an_operator_that_throws_is_heard_of, .ranks = 2) {
  const communicator own = world.dup();
  const detail::reduction thrower{[](const void*, const void*, const void*, void*, std::size_t) {
                                    throw std::runtime_error("no sum today");
                                  },
                                  nullptr,
                                  nullptr,
                                  14,
                                  "thrower",
                                  false};
  prepared mine({collective::all_reduce, own.size(), 0, 3}, own.rank(), prepared::result::placed);
  collective_call part = mine.call();
  part.op = &thrower;
  try {
    request(runtime::start_collective(own.share({}), part, nullptr, {})).wait();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const collective_error&) {  // another rank has thrown first
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "no sum today");
  }
  EXPECT_THROW(own.barrier(), collective_error);
}

RANKED_TEST(run, a_root_out_of_range_names_the_range) {
  const communicator own = world.dup();
  for (const int root : {-1, own.size()}) {
    collective_call part;
    part.what = collective::broadcast;
    part.name = "broadcast";
    part.root = root;
    part.type = &affine_type;
    try {
      runtime::run_collective(own.state({}), part, {});
      ADD_FAILURE() << "root " << root;
    } catch (const argument_error& e) {
      EXPECT_NE(std::string_view(e.what()).find("run_test.cpp"), std::string_view::npos)
          << e.what();
      EXPECT_NE(std::string_view(e.what()).find("root " + std::to_string(root)),
                std::string_view::npos)
          << e.what();
    }
  }
}

RANKED_TEST(run, blocks_of_other_lengths_than_expected, .ranks = 2) {
  const communicator own = world.dup();
  const elements given(own.rank() == 1 ? 4u : 3u);
  const std::uint64_t given_size[] = {given.size() * sizeof(affine)};
  const std::vector<std::uint64_t> wanted(static_cast<std::size_t>(own.size()), 3 * sizeof(affine));
  elements got(static_cast<std::size_t>(own.size()) * 3);
  collective_call part;
  part.what = collective::all_gather;
  part.name = "all_gather";
  part.type = &affine_type;
  part.uniform = false;
  part.given = {given.data(), {0, given_size, {}}};
  part.got = {got.data(), {0, wanted, {}}, nullptr, nullptr};
  EXPECT_THROW(
      {
        runtime::run_collective(own.state({}), part, {});
        own.barrier();
      },
      collective_error);
}

}  // namespace cohort::test
