// The kinds of exchange, and what must hold around the death.
#include "death/traffic.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace cohort::death_test {

namespace {

// A stop is considered after every so many rounds.
constexpr std::uint64_t rounds_per_pause = 8;
// The survivors go on for so many pauses when the first of them knows of the death.
constexpr int pauses_after_death = 4;
constexpr int pause_tag = max_tag;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Every path of a message in words of 8 bytes: in one line of the ring, in blocks, offered to be
// copied by the receiver, and by both sides.
std::size_t draw_length(std::uint64_t draw) {
  const std::uint64_t fine = draw >> 8;
  switch (draw % 8) {
    case 0:
    case 1:
    case 2:
      return 1 + fine % 6;
    case 3:
    case 4:
      return 8 + fine % 500;
    case 5:
    case 6:
      return 1100 + fine % 30'000;
    default:
      return 32'768 + fine % 300'000;
  }
}
constexpr std::size_t eager_words = 512;  // the least COHORT_EAGER_LIMIT that this needs: 4 KiB

}  // namespace

traffic::round traffic::draw(std::uint64_t number) const {
  const std::uint64_t draw = mix(seed_, number);
  const int size = world_.size();
  const int distance = 1 + static_cast<int>(mix(draw, 1) % static_cast<std::uint64_t>(size - 1));
  const std::size_t length = draw_length(mix(draw, 2));
  return {.number = number,
          .tag = static_cast<int>(number % 1'000'000),
          .dest = (world_.rank() + distance) % size,
          .source = (world_.rank() + size - distance) % size,
          .length = length,
          .eager = length <= eager_words,
          .draw = mix(draw, 3)};
}

void traffic::run() {
  for (std::uint64_t number = 0;; ++number) {
    const round r = draw(number);
    switch (mix(seed_, ~number) % 8) {
      case 0:
        r.eager ? plain(r) : overlapped(r);
        break;
      case 1:
        overlapped(r);
        break;
      case 2:
        both_ways(r);
        break;
      case 3:
        synchronous(r);
        break;
      case 4:
        window(r);
        break;
      case 5:
        probed(r);
        break;
      case 6:
        gathered(r);
        break;
      default:
        barrier();
    }
    if (number % rounds_per_pause == 0 && told_to_stop()) break;
  }
  require(knows(), "the traffic ended, but no call has thrown rank_failed");
}

template <class Call>
bool traffic::attempt(Call&& call) {
  const std::int64_t called = now();
  try {
    call();
    return true;
  } catch (const rank_failed& error) {
    if (!failure_) failure_ = {called, now()};
    require(error.peer() == victim_, "rank_failed names a rank that lives");
    return false;
  }
}

template <class Call>
void traffic::attempt_send(int dest, bool known, Call&& call) {
  const bool sent = attempt(call);
  if (dest == victim_)
    require(!sent || !known, "a send to the dead rank did not throw");
  else
    require(sent, "a send to a rank that lives threw rank_failed");
}

void traffic::check(const round& r, int source, const words& received, std::size_t index) {
  const bool whole = intact(received, source, r.number, index);
  if (source != victim_) {
    require(whole, "a message of a rank that lives is lost or damaged");
  } else if (whole) {
    require(!eager_ended_, "a message of the victim came after one that was sent before and lost");
  } else {
    require(knows(), "a message is lost or damaged, but nobody is dead");
    eager_ended_ = eager_ended_ || r.eager;
  }
}

void traffic::receive(const round& r, int source) {
  words buffer(r.length);
  const bool received = attempt([&] { world_.recv(source, r.tag, std::span(buffer)); });
  if (!received) buffer.assign(r.length, 0);  // a part of it may have come
  require(!received || intact(buffer, source, r.number, 0), "a received message is damaged");
  check(r, source, buffer);
}

void traffic::plain(const round& r) {
  const words mine = message(r);
  attempt_send(r.dest, knows(), [&] { world_.send(r.dest, r.tag, std::span(mine)); });
  receive(r, r.source);
}

void traffic::overlapped(const round& r) {
  const words mine = message(r);
  const bool known = knows();
  request sent = world_.isend(r.dest, r.tag, std::span(mine));
  receive(r, r.source);
  attempt_send(r.dest, known, [&] { sent.wait(); });
}

// A call that throws because of its receiver has received already, or has left the message to the
// next receive; one that throws because of its sender has sent.
void traffic::both_ways(const round& r) {
  const words mine = message(r);
  words buffer(r.length);
  const bool done = attempt(
      [&] { world_.sendrecv(r.dest, r.tag, std::span(mine), r.source, r.tag, std::span(buffer)); });
  require(done || r.dest == victim_ || r.source == victim_, "sendrecv of two that live threw");
  if (done || intact(buffer, r.source, r.number, 0))
    check(r, r.source, buffer);
  else
    receive(r, r.source);
}

// Pairs whose ranks add up to the same number.
void traffic::synchronous(const round& r) {
  const int size = world_.size();
  const int sum = static_cast<int>(r.draw % static_cast<std::uint64_t>(size));
  const int partner = (sum + size - world_.rank()) % size;
  if (partner == world_.rank()) return;
  round unbuffered = r;
  unbuffered.eager = false;
  const words mine = message(r);
  const auto send = [&] {
    attempt_send(partner, knows(), [&] { world_.ssend(partner, r.tag, std::span(mine)); });
  };
  if (world_.rank() < partner) send();
  receive(unbuffered, partner);
  if (world_.rank() > partner) send();
}

void traffic::window(const round& r) {
  const std::size_t width = 1 + r.draw % (r.eager ? 16 : 3);
  std::vector<words> sent, received;
  std::vector<request> requests;
  for (std::size_t i = 0; i < width; ++i) {
    received.emplace_back(r.length);
    requests.push_back(world_.irecv(r.source, r.tag, std::span(received.back())));
  }
  for (std::size_t i = 0; i < width; ++i) {
    sent.push_back(message(r, i));
    requests.push_back(world_.isend(r.dest, r.tag, std::span(sent.back())));
  }
  // It throws at the first that failed and leaves the others as they are.
  if (!attempt([&] { wait_all(requests); })) {
    for (request& each : requests) {
      if (each.active()) attempt([&] { each.wait(); });
    }
  }
  for (std::size_t i = 0; i < width; ++i) check(r, r.source, received[i], i);
}

void traffic::probed(const round& r) {
  const words mine = message(r);
  const bool known = knows();
  request sent = world_.isend(r.dest, r.tag, std::span(mine));
  if (r.draw % 2 == 0) {
    attempt([&] {
      const status seen = world_.probe(r.source, r.tag);
      require(seen.count<std::uint64_t>() == r.length, "a probe found another length");
    });
    receive(r, r.source);
  } else {
    words buffer(r.length);
    const bool received = attempt([&] { world_.mprobe(r.source, r.tag).recv(std::span(buffer)); });
    if (!received) buffer.assign(r.length, 0);
    check(r, r.source, buffer);
  }
  attempt_send(r.dest, known, [&] { sent.wait(); });
}

// All send to one, which receives from any source.
void traffic::gathered(const round& r) {
  const int size = world_.size();
  const int root = static_cast<int>(r.draw % static_cast<std::uint64_t>(size));
  if (world_.rank() != root) {
    const words mine = message(r);
    attempt_send(root, knows(), [&] { world_.send(root, r.tag, std::span(mine)); });
    return;
  }
  std::vector<bool> heard(static_cast<std::size_t>(size));
  int missing = size - 1;
  const auto hear = [&](int source, const words& buffer) {
    require(!heard[static_cast<std::size_t>(source)], "a message came twice");
    heard[static_cast<std::size_t>(source)] = true;
    --missing;
    require(intact(buffer, source, r.number, 0), "a message from any source is damaged");
    check(r, source, buffer);
  };
  const auto only_victim_missing = [&] {
    return missing == 1 && victim_ != root && !heard[static_cast<std::size_t>(victim_)];
  };
  while (missing != 0 && !(knows() && only_victim_missing())) {
    words buffer(r.length);
    status facts;
    if (attempt([&] { facts = world_.recv(any_source, r.tag, std::span(buffer)); })) {
      hear(facts.source(), buffer);
    } else {
      require(++any_source_failures_ == 1, "receives from any source threw twice for one death");
    }
  }
  if (missing == 0) return;
  words buffer(r.length);
  const bool received = world_.iprobe(victim_, r.tag) &&
                        attempt([&] { world_.recv(victim_, r.tag, std::span(buffer)); });
  if (received)
    hear(victim_, buffer);
  else
    check(r, victim_, words(r.length));
}

// Needs everybody, so who survives calls it whatever it knows.
void traffic::barrier() {
  const bool known = knows();
  const bool passed = attempt([&] { world_.barrier(); });
  require(!passed || !known, "a barrier with a dead rank was passed");
}

// The lowest rank that is not to die decides, once for all survivors.
bool traffic::told_to_stop() {
  if (world_.rank() == victim_) return false;
  const int speaker = victim_ == 0 ? 1 : 0;
  if (world_.rank() != speaker) return world_.recv<int>(speaker, pause_tag) != 0;
  if (knows()) ++pauses_after_;
  const int stop = pauses_after_ > pauses_after_death;
  for (int rank = 0; rank < world_.size(); ++rank) {
    if (rank != speaker && rank != victim_) world_.send(rank, pause_tag, stop);
  }
  return stop != 0;
}

}  // namespace cohort::death_test
