// Ranks that disagree: every pair of mistakes × {blocking, over messages, behind a request} × the
// rank that is alone with it. All ranks are told, with both places; nobody hangs; the
// communicator's collectives are closed, and everything else goes on.
#include "collectives/forms.hpp"
#include "support/ranked.hpp"

#include <cohort/collectives.hpp>

#include <functional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {
namespace {

using numbers = std::vector<int>;
using call_on = std::function<void(const communicator&)>;

// One of two calls that must be the same, and are not.
struct variant {
  call_on make;
  std::string text;  // what the report says of it
  std::uint32_t line;

  variant(call_on call, const char* said,
          std::source_location where = std::source_location::current())
      : make(std::move(call)), text(said), line(where.line()) {}
};
struct mistake {
  variant most;
  variant one;
};

// What the report of a rank must have in it: both calls, and where they were made.
void expect_both(const mistake& m, const collective_error& e, std::uint32_t first_line) {
  const std::string text = e.what();
  for (const variant* v : {&m.most, &m.one}) {
    EXPECT_NE(text.find(v->text), std::string::npos) << v->text << " is not in: " << text;
  }
  // The lines differ, since each call of the table stands in a line of its own.
  std::size_t places = 0;
  for (std::size_t at = text.find("misuse_test.cpp:"); at != std::string::npos;
       at = text.find("misuse_test.cpp:", at + 1)) {
    ++places;
  }
  EXPECT_GE(places, 2u) << "from line " << first_line << ": " << text;
}

void make_mistake(const communicator& world, const mistake& m, int culprit) {
  const communicator comm = world.dup();
  const communicator twin = comm.dup();
  const variant& mine = comm.rank() == culprit ? m.one : m.most;
  try {
    mine.make(comm);
    comm.barrier();  // a rank whose part was done before sees it here
    ADD_FAILURE() << "rank " << comm.rank() << " is not told of " << m.one.text << " instead of "
                  << m.most.text;
  } catch (const collective_error& e) {
    expect_both(m, e, mine.line);
  }
  EXPECT_THROW(comm.barrier(), collective_error);
  EXPECT_THROW(iall_reduce(comm, 1, std::plus<>()).get(), collective_error);

  EXPECT_EQ(shift(comm, comm.rank()), left_of(comm));
  const int ranks = world.size();
  EXPECT_EQ(all_reduce(twin, 1, std::plus<>()), ranks);
  const communicator later = comm.dup();
  EXPECT_EQ(all_reduce(later, 1, std::plus<>()), ranks);
  EXPECT_EQ(all_reduce(comm.shrink(), 1, std::plus<>()), ranks);
}

void make_mistakes(const communicator& world, const std::vector<mistake>& table) {
  for (const mistake& m : table) {
    for (const int culprit : {0, world.size() - 1}) {
      SCOPED_TRACE(m.one.text + " on rank " + std::to_string(culprit) + ", " + m.most.text +
                   " on the others");
      make_mistake(world, m, culprit);
    }
  }
}

constexpr std::size_t few = 3;
constexpr std::size_t many = 20'000;  // staged or copied, and beyond what is buffered

call_on sum_of(std::size_t count, std::source_location where = std::source_location::current()) {
  return [=](const communicator& comm) {
    all_reduce(comm, std::span<const int>(numbers(count)), std::plus<>(), where);
  };
}
call_on broadcast_of(std::size_t count, int root,
                     std::source_location where = std::source_location::current()) {
  return [=](const communicator& comm) {
    numbers values(count);
    broadcast(comm, std::span(values), root, where);
  };
}

const std::vector<mistake>& blocking_mistakes() {
  static const std::vector<mistake> table{
      // Operations.
      {{[](const auto& c) { c.barrier(); }, "barrier()"},
       {[](const auto& c) { all_reduce(c, 1, std::plus<>()); }, "all_reduce("}},
      {{[](const auto& c) { broadcast(c, 1, 0); }, "broadcast(root 0"},
       {[](const auto& c) { reduce(c, 1, std::plus<>(), 0); }, "reduce(root 0"}},
      {{[](const auto& c) { gather(c, 1, 0); }, "gather(root 0"},
       {[](const auto& c) { all_gather(c, 1); }, "all_gather("}},
      {{[](const auto& c) { scan(c, 1, std::plus<>()); }, "scan("},
       {[](const auto& c) { exscan(c, 1, std::plus<>()); }, "exscan("}},
      {{[](const auto& c) { all_to_all(c, numbers(length(c.size()))); }, "all_to_all("},
       {[](const auto& c) { reduce_scatter(c, numbers(length(c.size())), std::plus<>()); },
        "reduce_scatter("}},
      {{[](const auto& c) { gather(c, std::string("a"), 0); }, "gather(root 0"},
       {[](const auto& c) {
          scatter<std::string>(c, std::vector<std::string>(length(c.size())), 0);
        },
        "scatter(root 0"}},
      // Roots.
      {{broadcast_of(few, 0), "root 0"}, {broadcast_of(few, 1), "root 1"}},
      {{broadcast_of(many, 0), "root 0"}, {broadcast_of(many, 1), "root 1"}},
      {{[](const auto& c) { gather(c, 1, 0); }, "gather(root 0"},
       {[](const auto& c) { gather(c, 1, 1); }, "gather(root 1"}},
      {{[](const auto& c) { scatter<int>(c, numbers(length(c.size())), 0); }, "scatter(root 0"},
       {[](const auto& c) { scatter<int>(c, numbers(length(c.size())), 1); }, "scatter(root 1"}},
      {{[](const auto& c) { reduce(c, 1.5, std::plus<>(), 1); }, "reduce(root 1"},
       {[](const auto& c) { reduce(c, 1.5, std::plus<>(), 0); }, "reduce(root 0"}},
      {{[](const auto& c) { gatherv(c, numbers(length(c.rank())), 0); }, "gatherv(root 0"},
       {[](const auto& c) { gatherv(c, numbers(length(c.rank())), 1); }, "gatherv(root 1"}},
      // Counts.
      {{sum_of(few), "12 bytes of int"}, {sum_of(few + 1), "16 bytes of int"}},
      {{sum_of(many), "80000 bytes of int"}, {sum_of(many + 1), "80004 bytes of int"}},
      {{sum_of(few), "12 bytes of int"}, {sum_of(many), "80000 bytes of int"}},
      {{broadcast_of(few, 0), "12 bytes of int"}, {broadcast_of(0, 0), "0 bytes of int"}},
      // Types of the elements.
      {{[](const auto& c) { all_reduce(c, 1, std::plus<>()); }, "4 bytes of int"},
       {[](const auto& c) { all_reduce(c, 1.5f, std::plus<>()); }, "4 bytes of float"}},
      {{[](const auto& c) { all_gather(c, 1.5); }, "8 bytes of double"},
       {[](const auto& c) { all_gather(c, 1.5f); }, "4 bytes of float"}},
      {{[](const auto& c) { broadcast(c, std::string("a"), 0); }, "char"},
       {[](const auto& c) { broadcast(c, std::vector<double>(1), 0); }, "double"}},
      // Operators.
      {{[](const auto& c) { all_reduce(c, 1, std::plus<>()); }, "plus"},
       {[](const auto& c) { all_reduce(c, 1, maximum<>()); }, "maximum"}},
      {{[](const auto& c) { reduce(c, 1, std::bit_and<>(), 0); }, "bit_and"},
       {[](const auto& c) { reduce(c, 1, std::bit_or<>(), 0); }, "bit_or"}},
      // A request for a call.
      {{[](const auto& c) { all_reduce(c, 1, std::plus<>()); }, " all_reduce("},
       {[](const auto& c) { iall_reduce(c, 1, std::plus<>()).get(); }, "iall_reduce("}},
      // The order of two calls.
      {{[](const auto& c) {
          c.barrier();
          all_reduce(c, 1, std::plus<>());
        },
        "barrier()"},
       {[](const auto& c) {
          all_reduce(c, 1, std::plus<>());
          c.barrier();
        },
        "all_reduce("}},
  };
  return table;
}

const std::vector<mistake>& mistakes_behind_requests() {
  static const std::vector<mistake> table{
      {{[](const auto& c) { ibarrier(c).wait(); }, "ibarrier()"},
       {[](const auto& c) { iall_gather(c, 1).get(); }, "iall_gather("}},
      {{[](const auto& c) { ibroadcast(c, int(1), 0).get(); }, "ibroadcast(root 0"},
       {[](const auto& c) { ibroadcast(c, int(1), 1).get(); }, "ibroadcast(root 1"}},
      {{[](const auto& c) { iall_reduce(c, 1, std::plus<>()).get(); }, "4 bytes of int"},
       {[](const auto& c) { iall_reduce(c, 1.5, std::plus<>()).get(); }, "8 bytes of double"}},
      {{[](const auto& c) { iscan(c, 1, std::plus<>()).get(); }, "plus"},
       {[](const auto& c) { iscan(c, 1, minimum<>()).get(); }, "minimum"}},
      {{[](const auto& c) { igather(c, std::span<const int>(numbers(few)), 0).get(); },
        "12 bytes of int"},
       {[](const auto& c) { igather(c, std::span<const int>(numbers(few + 1)), 0).get(); },
        "16 bytes of int"}},
      {{[](const auto& c) { iall_to_all(c, std::vector<std::string>(length(c.size()))).get(); },
        "iall_to_all("},
       {[](const auto& c) {
          ireduce_scatter(c, std::vector<std::string>(length(c.size())), std::plus<>()).get();
        },
        "ireduce_scatter("}},
  };
  return table;
}

}  // namespace

// A job of one has nobody to disagree with.
RANKED_TEST(misuse, nobody_to_disagree_with) {
  const communicator alone = world.split(world.rank());
  for (const mistake& m : blocking_mistakes()) {
    if (m.one.text.find("root 1") == std::string::npos) m.one.make(alone);
  }
  for (const mistake& m : mistakes_behind_requests()) {
    if (m.one.text.find("root 1") == std::string::npos) m.one.make(alone);
  }
}

RANKED_TEST(misuse, in_the_arena, .ranks = 2, .minutes = 3) {
  make_mistakes(world, blocking_mistakes());
}

RANKED_TEST(misuse, behind_requests, .ranks = 2, .minutes = 3) {
  make_mistakes(world, mistakes_behind_requests());
}

// OVER_MESSAGES: a setting that forces an algorithm over messages for each operation.
RANKED_TEST(misuse, over_messages, .ranks = 2, .setting = OVER_MESSAGES, .minutes = 3) {
  make_mistakes(world, blocking_mistakes());
}

}  // namespace cohort::test
