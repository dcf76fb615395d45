// A rank that can't take part: its own error says why, the others throw instead of waiting, and the
// communicator's collectives are closed; whatever the form and whichever rank.
#include "collectives/forms.hpp"
#include "support/ranked.hpp"

#include <cohort/collectives.hpp>

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace cohort::test {
namespace {

// Makes the call on a communicator of its own; `wrong` on one rank, which throws E with this text.
template <class E>
void refused(const communicator& world, int culprit, const std::string& text,
             const std::function<void(const communicator&, bool wrong)>& make_call) {
  const communicator comm = world.dup();
  try {
    make_call(comm, comm.rank() == culprit);
    // A rank whose part is done sees it in its next call.
    EXPECT_NE(comm.rank(), culprit) << text;
  } catch (const collective_error& e) {
    EXPECT_NE(comm.rank(), culprit) << e.what();
    if (std::is_same_v<E, argument_error>) {
      EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    }
  } catch (const E& e) {
    EXPECT_EQ(comm.rank(), culprit) << e.what();
    EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    if (std::is_base_of_v<error, E>) {
      EXPECT_NE(std::string(e.what()).find("refusals_test.cpp"), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW(comm.barrier(), collective_error);
  EXPECT_EQ(shift(comm, comm.rank()), left_of(comm));
}

// The same for each rank as the culprit.
template <class E, class F>
void refused_anywhere(const communicator& world, const std::string& text, F&& make_call) {
  for (int culprit = 0; culprit < world.size(); ++culprit) {
    refused<E>(world, culprit, text, make_call);
  }
}

// Can't be written once it is sealed.
struct envelope_with_seal {
  bool sealed = false;
  template <class Archive>
  void serialize(Archive& archive, unsigned int) {
    if (sealed) throw std::runtime_error("sealed");
    archive& sealed;
  }
};

}  // namespace

RANKED_TEST(refusals, another_number_of_items_than_ranks) {
  const int n = world.size();
  const std::string text = "expected " + std::to_string(n) + " items, got " + std::to_string(n + 7);
  const std::vector<int> right(length(n));
  const std::vector<int> wrong(length(n + 7));
  for (int root = 0; root < n; ++root) {
    refused<argument_error>(world, root, text, [&](const communicator& comm, bool culprit) {
      scatter<int>(comm, culprit ? wrong : right, root);
    });
    refused<argument_error>(world, root, text, [&](const communicator& comm, bool culprit) {
      iscatter<int>(comm, culprit ? wrong : right, root).get();
    });
  }
  refused_anywhere<argument_error>(world, text, [&](const communicator& comm, bool culprit) {
    all_to_all(comm, culprit ? wrong : right);
  });
  refused_anywhere<argument_error>(world, text, [&](const communicator& comm, bool culprit) {
    reduce_scatter(comm, culprit ? wrong : right, std::plus<>());
  });
}

RANKED_TEST(refusals, elements_that_make_no_equal_blocks, .ranks = 2) {
  const int n = world.size();
  const std::vector<int> right(length(n));
  const std::vector<int> wrong(length(n + 1));
  const std::string text = "expected a multiple of " + std::to_string(n) + " elements, got ";
  refused_anywhere<argument_error>(world, text, [&](const communicator& comm, bool culprit) {
    all_to_all(comm, std::span(culprit ? wrong : right));
  });
  for (int root = 0; root < n; ++root) {
    refused<argument_error>(world, root, text, [&](const communicator& comm, bool culprit) {
      scatter(comm, std::span(culprit ? wrong : right), root);
    });
  }
}

RANKED_TEST(refusals, no_room) {
  std::vector<int> room(length(world.size()));
  std::vector<int> less(length(world.size() - 1));
  const int one = 1;
  refused_anywhere<argument_error>(
      world, "expected " + std::to_string(room.size()) + " elements, got ",
      [&](const communicator& comm, bool culprit) {
        all_gather(comm, std::span(&one, 1), std::span(culprit ? less : room));
      });
}

RANKED_TEST(refusals, lengths_that_can_not_be) {
  const int n = world.size();
  std::vector<int> counts(length(n), 1);
  const std::vector<int> values(length(n));
  std::vector<int> negative = counts;
  negative.back() = -1;
  refused_anywhere<argument_error>(
      world, "neither may be negative", [&](const communicator& comm, bool culprit) {
        all_to_allv(comm, std::span(values), culprit ? negative : counts);
      });
  const std::vector<int> too_many(length(n), 2);
  refused_anywhere<argument_error>(world, "expected " + std::to_string(2 * n) + " elements, got ",
                                   [&](const communicator& comm, bool culprit) {
                                     all_to_allv(comm, std::span(values),
                                                 culprit ? too_many : counts);
                                   });
  refused_anywhere<argument_error>(world, "is negative",
                                   [&](const communicator& comm, bool culprit) {
                                     int mine = 0;
                                     std::vector<int> all;
                                     all_gather(comm, &mine, culprit ? -1 : 1, all);
                                   });
}

RANKED_TEST(refusals, the_root_only_gets) {
  refused<argument_error>(world, 0, "the root gives the items", [](const communicator& comm, bool) {
    int mine = 0;
    scatter(comm, mine, 0);
  });
}

RANKED_TEST(refusals, a_value_that_can_not_be_packed) {
  refused_anywhere<std::runtime_error>(world, "sealed",
                                       [&](const communicator& comm, bool culprit) {
                                         all_gather(comm, envelope_with_seal{culprit});
                                       });
}

RANKED_TEST(refusals, an_operator_that_throws, .ranks = 2) {
  const communicator comm = world.dup();
  const auto fails = [](int, int) -> int { throw std::runtime_error("no sum today"); };
  try {
    all_reduce(comm, 1, fails);
    ADD_FAILURE() << "a result from an operator that throws";
  } catch (const std::runtime_error& e) {  // cohort::error is one as well
    const bool named = std::string(e.what()).find("no sum today") != std::string::npos;
    EXPECT_TRUE(named || dynamic_cast<const collective_error*>(&e)) << e.what();
  }
  EXPECT_THROW(comm.barrier(), collective_error);
}

}  // namespace cohort::test
