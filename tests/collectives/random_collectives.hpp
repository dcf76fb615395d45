// Random sequences of collective calls: every rank draws the same plan from a seed, carries it out
// on several communicators, and compares each result with a serial oracle.
//
// Nothing here needs GoogleTest, so that programs that are killed in the middle can use it too.
#pragma once

#include <cohort/collectives.hpp>
#include <cohort/communicator.hpp>

#include "collectives/calls.hpp"
#include "p2p/samples.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// 8 bytes whose combination shows the order of the operands.
COHORT_IS_MPI_DATATYPE(cohort::test::affine)
template <>
struct cohort::test::sample_of<cohort::test::affine> {
  static affine make(std::uint32_t seed, std::size_t) {
    return {mixed(seed) | 1, mixed(seed + 77)};
  }
};

namespace cohort::test::random_collectives {

using detail::collective;

enum class element : std::uint8_t { number, real, map, text };
inline constexpr std::size_t element_kinds = 4;

enum class form : std::uint8_t {
  value,     // one value, whatever its type; containers differ in length from rank to rank
  returned,  // a span, into a result that is returned
  placed,    // a span, into a span
  in_place,
  counted,  // spans whose lengths differ from rank to rank
};
inline constexpr std::size_t forms = 5;

// Which ranks take part.
enum class among : std::uint8_t { all, all_again, half };

// One call, the same on all ranks.
struct step {
  std::uint32_t seed = 0;
  collective what = collective::barrier;
  element type = element::number;
  form how = form::returned;
  bool xors = false;   // numbers: std::bit_xor, else std::plus
  bool later = false;  // behind a request
  among whom = among::all;
  std::uint32_t root = 0;  // modulo the number of ranks
  std::size_t count = 0;   // elements of a block
};
std::string describe(const step& s);

struct plan_options {
  std::uint32_t seed = 0;
  int ranks = 1;
  // Each round has every operation once, in random order. The first makes plain calls, which every
  // algorithm can carry out; the others take everything at random, and sizes in turn from a list
  // with both sides of each threshold of the selection.
  int rounds = 1;
  bool communicators = true;  // several, else only the world
};
std::vector<step> make_plan(const plan_options& options);
// Rounds after which every size of the list has had its turn.
int rounds_for_all_sizes(int ranks);

// A result that is not what the oracle says.
class wrong_result : public std::logic_error {
  using std::logic_error::logic_error;
};

// What one rank of a communicator gives, and what all give: of step `s`, by rank and block.
template <class T>
class blocks {
 public:
  blocks(const step& s, const communicator& comm, std::uint32_t salt)
      : seed_(s.seed + salt * 0x9e3779b9u), count_(s.count), ranks_(comm.size()) {}

  T item(int rank, int block, std::size_t index) const {
    const auto place = static_cast<std::uint32_t>(rank * 64 + block);
    const std::uint32_t seed = mixed(seed_ ^ mixed(place)) + static_cast<std::uint32_t>(index);
    return sample<T>(seed, 1 + seed % 24);
  }
  std::vector<T> some(int rank, int block, std::size_t count) const {
    std::vector<T> list(count);
    for (std::size_t i = 0; i < count; ++i) list[i] = item(rank, block, i);
    return list;
  }
  std::vector<T> block(int rank, int block) const { return some(rank, block, count_); }
  // Blocks 0, 1, … of a rank, one for each rank.
  std::vector<T> given_to_all(int rank) const {
    return joined([&](int other) { return block(rank, other); });
  }
  // Block `number` of each rank.
  std::vector<T> given_by_all(int number) const {
    return joined([&](int other) { return block(other, number); });
  }
  // The same with lengths that differ: by rank, or by block.
  std::size_t length(int which) const {
    return count_ * ((static_cast<std::size_t>(which) * 5 + seed_ % 7) % 7) / 4;
  }
  std::vector<std::vector<T>> uneven(const std::function<std::vector<T>(int)>& of) const {
    std::vector<std::vector<T>> list;
    for (int rank = 0; rank < ranks_; ++rank) list.push_back(of(rank));
    return list;
  }
  std::vector<T> joined(const std::function<std::vector<T>(int)>& of) const {
    std::vector<T> all;
    for (int rank = 0; rank < ranks_; ++rank) {
      const std::vector<T> more = of(rank);
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }
  std::size_t count() const { return count_; }
  int ranks() const { return ranks_; }

 private:
  std::uint32_t seed_;
  std::size_t count_;
  int ranks_;
};

// One rank's way through a plan.
class call_sequence {
 public:
  // Collective. `own_seed`: of what only this rank draws, such as when it comes.
  call_sequence(const communicator& world, std::uint32_t own_seed, bool communicators);

  // Makes all calls. Throws wrong_result, and what the calls throw.
  void run(std::span<const step> plan);
  // Waits for each call that is under way, whatever becomes of it; returns what was thrown first.
  std::exception_ptr give_up();

 private:
  friend class caller;

  void compute();
  void make_call(const step& s);
  void finish_some();
  void finish_one(std::size_t which);

  struct room {
    communicator comm;
    std::uint32_t salt;  // halves give different things
  };
  const room& room_of(const step& s) const { return rooms_[static_cast<std::size_t>(s.whom)]; }

  std::vector<room> rooms_;
  std::minstd_rand random_;
  struct open_call {
    std::function<void()> finish;  // waits, and looks at the result
    std::shared_ptr<void> lent;    // must stay until then
  };
  std::vector<open_call> under_way_;
};

// What one step needs to make its call.
class caller {
 public:
  caller(call_sequence& sequence, const step& s)
      : sequence_(sequence), step_(s), room_(sequence.room_of(s)) {}

  const step& what() const { return step_; }
  const communicator& comm() const { return room_.comm; }
  int rank() const { return room_.comm.rank(); }
  int size() const { return room_.comm.size(); }
  int root() const { return static_cast<int>(step_.root % static_cast<std::uint32_t>(size())); }
  bool at_root() const { return rank() == root(); }
  template <class T>
  blocks<T> given() const {
    return blocks<T>(step_, room_.comm, room_.salt);
  }

  // A call that returns its result: `now` makes it, or `later` starts it.
  template <class Result, class Now, class Later>
  void returns(Result wanted, const Now& now, const Later& later,
               std::shared_ptr<void> lent = nullptr) {
    if (!step_.later) return check(now(), wanted);
    auto request = std::make_shared<decltype(later())>(later());
    const step s = step_;
    sequence_.under_way_.push_back(
        {[s, request, wanted = std::move(wanted)] { check(s, request->get(), wanted); },
         std::move(lent)});
  }
  // A call that puts its result into a place.
  template <class Place, class Now, class Later>
  void fills(std::shared_ptr<Place> place, Place wanted, const Now& now, const Later& later,
             std::shared_ptr<void> lent = nullptr) {
    if (!step_.later) {
      now();
      return check(*place, wanted);
    }
    auto started = std::make_shared<request>(later());
    const step s = step_;
    sequence_.under_way_.push_back({[s, started, place, wanted = std::move(wanted)] {
                                      started->wait();
                                      check(s, *place, wanted);
                                    },
                                    std::move(lent)});
  }

 private:
  template <class Result>
  void check(const Result& got, const Result& wanted) const {
    check(step_, got, wanted);
  }
  template <class Result>
  static void check(const step& s, const Result& got, const Result& wanted) {
    if (!(got == wanted)) throw wrong_result("another result than the oracle's: " + describe(s));
  }

  call_sequence& sequence_;
  const step& step_;
  const call_sequence::room& room_;
};

// The operations that move elements, and those that combine them.
void move(caller& call);
void combine(caller& call);

}  // namespace cohort::test::random_collectives
