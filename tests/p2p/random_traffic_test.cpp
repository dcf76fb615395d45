// Random traffic: sizes, tags, kinds of value, ways to send and to receive, all from a seed. Every
// rank computes the whole plan, so that it knows what it has to receive. Run with every way of
// waiting and of travelling that a setting chooses.
#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr int tags = 3;
constexpr std::uint32_t seeds[] = {11, 222, 3333};

enum class kind { number, text, numbers, words, table };
enum class how { isend, issend, isend_and_drop };

struct message_plan {
  int from;
  int to;
  int tag;
  kind what;
  how sent;
  std::size_t bytes;
  std::uint32_t seed;
};

std::vector<message_plan> make_plan(std::uint32_t seed, int ranks) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<int>(random() % n); };
  std::vector<message_plan> result;
  for (int i = 0; i < 120 * ranks; ++i) {
    // Most are short; some are longer than what is buffered.
    constexpr std::size_t longest[] = {8, 48, 64, 3000, 70'000, 400'000};
    const std::size_t most = longest[i % 32 == 0 ? below(6) : below(4)];
    result.push_back({below(static_cast<std::uint32_t>(ranks)),
                      below(static_cast<std::uint32_t>(ranks)), below(tags),
                      static_cast<kind>(below(5)), static_cast<how>(below(3)),
                      random() % (most + 1), static_cast<std::uint32_t>(random())});
  }
  return result;
}

// Calls f with a value of the planned kind.
template <class F>
auto with_sample(const message_plan& m, F&& f) {
  switch (m.what) {
    case kind::number:
      return f(sample<double>(m.seed));
    case kind::text:
      return f(sample<std::string>(m.seed, m.bytes));
    case kind::numbers:
      return f(sample<std::vector<int>>(m.seed, m.bytes));
    case kind::words:
      return f(sample<std::vector<std::string>>(m.seed, m.bytes));
    case kind::table:
      break;
  }
  return f(sample<std::map<std::string, int>>(m.seed, m.bytes));
}

class traffic {
 public:
  traffic(const communicator& world, std::uint32_t seed)
      : world_(world),
        plan_(make_plan(seed, world.size())),
        random_(seed * 31 + static_cast<std::uint32_t>(world.rank())) {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (plan_[i].from == world.rank()) to_send_.push_back(i);
      if (plan_[i].to == world.rank()) to_receive_.push_back(i);
    }
  }

  // Sends and receives in random turns, then the rest.
  void run() {
    std::size_t sent = 0;
    while (sent < to_send_.size() || !to_receive_.empty()) {
      if (sent < to_send_.size() && (to_receive_.empty() || random_() % 2 == 0)) {
        send(plan_[to_send_[sent++]]);
      } else if (sent == to_send_.size()) {
        receive_blocking();
      } else {
        receive_if_there();  // blocking here could be a deadlock of the test's own
      }
    }
    wait_all(sending_);
    world_.barrier();
    EXPECT_FALSE(world_.iprobe().has_value()) << "more came than was sent";
    world_.barrier();  // before the next plan's messages
  }

 private:
  void send(const message_plan& m) {
    with_sample(m, [&](auto value) {
      request r = m.sent == how::issend ? world_.issend(m.to, m.tag, std::move(value))
                                        : world_.isend(m.to, m.tag, value);
      if (m.sent != how::isend_and_drop) sending_.push_back(std::move(r));
    });
  }

  // The oracle: the first message that is still to come from this source with this tag.
  std::size_t expected(int source, int tag) const {
    const auto found = std::find_if(to_receive_.begin(), to_receive_.end(), [&](std::size_t i) {
      return plan_[i].from == source && (tag == any_tag || plan_[i].tag == tag);
    });
    if (found == to_receive_.end()) throw std::logic_error("a message that nobody sent");
    return *found;
  }
  void received(std::size_t number) { std::erase(to_receive_, number); }

  void receive_if_there() {
    auto found = world_.improbe();
    if (!found) return;
    const std::size_t number = expected(found->source(), any_tag);
    const message_plan& m = plan_[number];
    EXPECT_EQ(found->tag(), m.tag);
    with_sample(m, [&](const auto& value) {
      using type = std::remove_cvref_t<decltype(value)>;
      EXPECT_TRUE(found->template recv<type>() == value) << "message " << number;
    });
    received(number);
  }

  void receive_blocking() {
    // From a source and with a tag of a message that is still to come.
    const message_plan& some = plan_[to_receive_[random_() % to_receive_.size()]];
    const int tag = random_() % 2 == 0 ? any_tag : some.tag;
    const std::size_t number = expected(some.from, tag);
    const message_plan& m = plan_[number];
    with_sample(m, [&](const auto& value) {
      using type = std::remove_cvref_t<decltype(value)>;
      switch (random_() % 4) {
        case 0:
          EXPECT_TRUE(world_.recv<type>(m.from, tag) == value) << "message " << number;
          break;
        case 1:
          EXPECT_TRUE(world_.recv<type>(m.from, tag, within(1h)) == value) << "message " << number;
          break;
        case 2:
          EXPECT_TRUE(world_.irecv<type>(m.from, tag).get() == value) << "message " << number;
          break;
        default: {
          EXPECT_EQ(world_.probe(m.from, tag).tag(), m.tag);
          auto receiving = world_.irecv<type>(m.from, tag);
          while (!receiving.test()) {
          }
          EXPECT_TRUE(receiving.get() == value) << "message " << number;
        }
      }
    });
    received(number);
  }

  const communicator& world_;
  const std::vector<message_plan> plan_;
  std::mt19937 random_;
  std::vector<std::size_t> to_send_;     // places in the plan, in order
  std::vector<std::size_t> to_receive_;  // still to come, in order
  std::vector<request> sending_;
};

void run(const communicator& world) {
  for (const auto seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    traffic(world, seed).run();
  }
}

}  // namespace

RANKED_TEST(random_traffic, with_the_settings_in_force) {
  run(world);
}
RANKED_TEST(random_traffic, spinning, .setting = "COHORT_WAIT=spin") {
  run(world);
}
RANKED_TEST(random_traffic, yielding, .setting = "COHORT_WAIT=yield") {
  run(world);
}
RANKED_TEST(random_traffic, sleeping, .setting = "COHORT_WAIT=sleep") {
  run(world);
}
RANKED_TEST(random_traffic, fencing, .setting = "COHORT_MEMBARRIER=0") {
  run(world);
}
RANKED_TEST(random_traffic, offering, .setting = "COHORT_EAGER_LIMIT=0") {
  run(world);
}
RANKED_TEST(random_traffic, streaming, .setting = "COHORT_SINGLE_COPY=0") {
  run(world);
}
RANKED_TEST(random_traffic, strict, .setting = "COHORT_STRICT=1") {
  run(world);
}

}  // namespace cohort::test
