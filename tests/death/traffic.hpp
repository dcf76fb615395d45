// Random traffic between all ranks, of which one may die at any moment: rounds of one kind of
// exchange each, which every rank draws from the same seed.
//
// A round depends on earlier rounds only, whoever has died, so no rank can be left waiting. Calls
// that need the victim are made as long as the traffic lasts: before its death they must do what
// they always do, afterwards what it had sent must still come, and the rest must throw rank_failed.
#pragma once

#include "death/message.hpp"

#include <cohort/cohort.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace cohort::death_test {

class traffic {
 public:
  traffic(const communicator& world, std::uint64_t seed, int victim)
      : world_(world), seed_(seed), victim_(victim) {}

  // The victim's call does not return. The others' returns when all know of the death and have gone
  // on for a while. Throws std::logic_error if anything is not as it must be.
  void run();

  // The first call that threw rank_failed, on the steady clock in nanoseconds.
  struct failure {
    std::int64_t called;
    std::int64_t thrown;
  };
  const failure& first_failure() const { return failure_.value(); }

 private:
  struct round {
    std::uint64_t number;
    int tag;
    int dest, source;    // of this rank, where all send the same distance round the ring
    std::size_t length;  // of each message, in words
    bool eager;          // short enough to be sent whole before anybody receives it
    std::uint64_t draw;  // for what only one kind needs
  };
  round draw(std::uint64_t number) const;

  void plain(const round& r);
  void overlapped(const round& r);
  void both_ways(const round& r);
  void synchronous(const round& r);
  void window(const round& r);
  void probed(const round& r);
  void gathered(const round& r);
  void barrier();
  bool told_to_stop();

  words message(const round& r, std::size_t index = 0) const {
    return make_message(world_.rank(), r.number, index, r.length);
  }
  // Makes a call that may need the victim. False if that is dead.
  template <class Call>
  bool attempt(Call&& call);
  // The same for a send, which can't succeed if the death was known when it was begun.
  template <class Call>
  void attempt_send(int dest, bool known, Call&& call);
  bool knows() const { return failure_.has_value(); }
  void receive(const round& r, int source);
  // Looks at what a receive of message `index` has left in a buffer of zeros.
  void check(const round& r, int source, const words& received, std::size_t index = 0);

  communicator world_;
  std::uint64_t seed_;
  int victim_;
  std::optional<failure> failure_;
  bool eager_ended_ = false;  // a message that the victim sends whole did not come
  int any_source_failures_ = 0;
  int pauses_after_ = 0;  // on the rank that says when to stop
};

}  // namespace cohort::death_test
