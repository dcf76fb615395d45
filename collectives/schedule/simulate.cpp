// The simulator: ranks as players that go through their rounds, and the channels between them.
#include "collectives/schedule/simulate.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace cohort::collectives {

namespace {

// One rank under way.
struct player {
  const schedule* plan = nullptr;
  std::vector<std::optional<symbolic_block>> slots;
  std::vector<bool> loaded;
  std::size_t round = 0;  // the one it is in
  int first_step = 1;     // of this round's messages
  int last_step = 0;      // of those that have ended
  std::size_t open = 0;   // messages of this round that have not ended
};

// What waits on the way between two ranks for the other side.
struct channel {
  std::deque<const transfer*> sent;
  std::deque<const transfer*> awaited;
};

class world {
 public:
  explicit world(std::span<const schedule> schedules);

  simulation run();

 private:
  void load(int rank);
  void begin_round(int rank);
  void check_round(int rank, const round& r);
  void match(int from, int to);
  void deliver(int from, int to, const transfer& sent, const transfer& awaited);
  void message_ended(int rank, int step);
  void apply(int rank, const local_step& what);
  void store(int rank);

  [[noreturn]] void fail(int rank, const std::string& why) const;
  void check_all_ended() const;
  player& at(int rank) { return players_[static_cast<std::size_t>(rank)]; }
  const player& at(int rank) const { return players_[static_cast<std::size_t>(rank)]; }
  void check_slot(int rank, slot where) const;
  const symbolic_block& read(int rank, slot where, const char* what) const;
  void check_writable(int rank, slot where) const;

  std::vector<player> players_;
  std::map<std::pair<int, int>, channel> channels_;
  std::vector<int> ended_;  // ranks whose round has ended, to be gone on with
  simulation seen_;
};

world::world(std::span<const schedule> schedules) : players_(schedules.size()) {
  for (std::size_t rank = 0; rank < schedules.size(); ++rank)
    players_[rank].plan = &schedules[rank];
  seen_.results.resize(schedules.size());
}

void world::fail(int rank, const std::string& why) const {
  throw schedule_error("rank " + std::to_string(rank) + ", round " +
                       std::to_string(at(rank).round) + ": " + why);
}

void world::check_slot(int rank, slot where) const {
  if (where >= at(rank).plan->slots) fail(rank, "there is no slot " + std::to_string(where));
}

const symbolic_block& world::read(int rank, slot where, const char* what) const {
  check_slot(rank, where);
  const auto& held = at(rank).slots[where];
  if (!held) fail(rank, std::string(what) + " slot " + std::to_string(where) + ", which is empty");
  return *held;
}

void world::check_writable(int rank, slot where) const {
  check_slot(rank, where);
  if (at(rank).loaded[where])
    fail(rank, "writes slot " + std::to_string(where) + ", which is loaded");
}

void world::load(int rank) {
  player& self = at(rank);
  self.slots.resize(self.plan->slots);
  self.loaded.resize(self.plan->slots);
  for (const assignment& a : self.plan->load) {
    check_writable(rank, a.where);
    self.slots[a.where] = symbolic_block{a.block, a.part, a.parts, {rank}};
    self.loaded[a.where] = true;
  }
}

void world::check_round(int rank, const round& r) {
  std::vector<slot> busy;
  for (const transfer& t : r.sends) {
    for (const slot s : t.slots) read(rank, s, "sends");
    busy.insert(busy.end(), t.slots.begin(), t.slots.end());
  }
  for (const transfer& t : r.receives) {
    for (const slot s : t.slots) {
      check_writable(rank, s);
      if (std::find(busy.begin(), busy.end(), s) != busy.end()) {
        fail(rank, "receives into slot " + std::to_string(s) + ", which is in use in this round");
      }
      busy.push_back(s);
    }
  }
  for (const auto* list : {&r.sends, &r.receives}) {
    for (const transfer& t : *list) {
      if (t.peer == rank) fail(rank, "has a message for itself");
      if (t.peer < 0 || static_cast<std::size_t>(t.peer) >= players_.size()) {
        fail(rank, "has a message for rank " + std::to_string(t.peer) + ", which does not exist");
      }
    }
  }
}

void world::begin_round(int rank) {
  player& self = at(rank);
  if (self.round == self.plan->rounds.size()) return store(rank);
  const round& r = self.plan->rounds[self.round];
  check_round(rank, r);
  self.open = r.sends.size() + r.receives.size();
  self.last_step = self.first_step - 1;  // a round without messages takes no time
  if (self.open == 0) ended_.push_back(rank);
  for (const transfer& t : r.sends) {
    channels_[{rank, t.peer}].sent.push_back(&t);
    match(rank, t.peer);
  }
  for (const transfer& t : r.receives) {
    channels_[{t.peer, rank}].awaited.push_back(&t);
    match(t.peer, rank);
  }
}

void world::match(int from, int to) {
  channel& way = channels_[{from, to}];
  if (way.sent.empty() || way.awaited.empty()) return;
  const transfer* sent = std::exchange(way.sent.front(), nullptr);
  const transfer* awaited = std::exchange(way.awaited.front(), nullptr);
  way.sent.pop_front();
  way.awaited.pop_front();
  deliver(from, to, *sent, *awaited);
}

void world::deliver(int from, int to, const transfer& sent, const transfer& awaited) {
  if (sent.slots.size() != awaited.slots.size()) {
    fail(to, "expects " + std::to_string(awaited.slots.size()) + " blocks of rank " +
                 std::to_string(from) + ", which sends " + std::to_string(sent.slots.size()));
  }
  const int step = std::max(at(from).first_step, at(to).first_step);
  simulated_message message{step, from, to, {}};
  for (std::size_t i = 0; i < sent.slots.size(); ++i) {
    message.blocks.push_back(read(from, sent.slots[i], "sends"));
    at(to).slots[awaited.slots[i]] = message.blocks.back();
  }
  seen_.messages.push_back(std::move(message));
  seen_.steps = std::max(seen_.steps, step);
  message_ended(from, step);
  message_ended(to, step);
}

void world::message_ended(int rank, int step) {
  player& self = at(rank);
  self.last_step = std::max(self.last_step, step);
  if (--self.open == 0) ended_.push_back(rank);
}

void world::apply(int rank, const local_step& what) {
  player& self = at(rank);
  symbolic_block result = read(rank, what.left, "reads");
  check_writable(rank, what.into);
  const symbolic_block& right = read(rank, what.right, "combines");
  if (result.block != right.block || result.part != right.part || result.parts != right.parts) {
    fail(rank, "combines different blocks");
  }
  result.of.insert(result.of.end(), right.of.begin(), right.of.end());
  seen_.combinations.push_back({self.last_step, rank, result});
  self.slots[what.into] = std::move(result);
}

void world::store(int rank) {
  for (const assignment& a : at(rank).plan->store) {
    seen_.results[static_cast<std::size_t>(rank)].push_back({a, read(rank, a.where, "stores")});
  }
}

void world::check_all_ended() const {
  for (std::size_t i = 0; i < players_.size(); ++i) {
    const player& self = players_[i];
    if (self.round == self.plan->rounds.size()) continue;
    const int rank = static_cast<int>(i);
    for (const auto& [ends, way] : channels_) {
      if (ends.second == rank && !way.awaited.empty()) {
        fail(rank, "waits for a message of rank " + std::to_string(ends.first) + " for ever");
      }
      if (ends.first == rank && !way.sent.empty()) {
        fail(rank, "sends to rank " + std::to_string(ends.second) + ", which does not receive");
      }
    }
  }
}

simulation world::run() {
  const int size = static_cast<int>(players_.size());
  for (int rank = 0; rank < size; ++rank) load(rank);
  for (int rank = 0; rank < size; ++rank) begin_round(rank);
  while (!ended_.empty()) {
    const int rank = ended_.back();
    ended_.pop_back();
    player& self = at(rank);
    for (const local_step& what : self.plan->rounds[self.round].after) apply(rank, what);
    self.first_step = self.last_step + 1;
    ++self.round;
    begin_round(rank);
  }
  check_all_ended();
  std::stable_sort(seen_.messages.begin(), seen_.messages.end(), [](const auto& a, const auto& b) {
    return std::pair(a.step, a.from) < std::pair(b.step, b.from);
  });
  return std::move(seen_);
}

}  // namespace

simulation simulate(std::span<const schedule> schedules) {
  return world(schedules).run();
}

}  // namespace cohort::collectives
