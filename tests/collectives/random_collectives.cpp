// The plan, and one rank's way through it.
#include "collectives/random_collectives.hpp"

#include "collectives/selection.hpp"

#include <algorithm>
#include <exception>
#include <set>

namespace cohort::test::random_collectives {

namespace {

constexpr collective operations[] = {
    collective::barrier,        collective::broadcast,  collective::scatter, collective::gather,
    collective::all_gather,     collective::all_to_all, collective::reduce,  collective::all_reduce,
    collective::reduce_scatter, collective::scan,       collective::exscan,
};

constexpr std::size_t plain_count = 1000;
constexpr std::size_t most_objects = 40;          // in a block: archives need not be long
constexpr std::size_t posted_bytes = 48;          // fit in a post on the board
constexpr std::size_t buffered_bytes = 6 * 1024;  // are sent without waiting for the receiver

// Bytes of a block: none, one element, and both sides of each edge at which calls go another way.
std::vector<std::size_t> sizes_of(collective what, int ranks) {
  constexpr std::size_t word = 8;
  std::set<std::size_t> sizes{0, word};
  const auto add = [&](std::size_t edge) {
    const std::size_t at = std::max(edge / word, std::size_t{1}) * word;
    sizes.insert({at - word, at, at + word});
  };
  add(posted_bytes);
  add(buffered_bytes);
  // Thresholds are about all that a rank gives, which may be a block for each rank.
  const auto blocks =
      collectives::bytes_given({.operation = what, .ranks = ranks, .block_bytes = 1});
  for (const collectives::selection_row& row : collectives::selection_table()) {
    if (row.operation != what) continue;
    if (row.from_bytes != 0) add(row.from_bytes / blocks);
    if (row.to_bytes != collectives::any_bytes) add(row.to_bytes / blocks);
  }
  if (what == collective::barrier) sizes = {0};
  return {sizes.begin(), sizes.end()};
}

std::size_t bytes_of(element type) {
  switch (type) {
    case element::number:
      return sizeof(std::uint32_t);
    case element::real:
      return sizeof(double);
    default:
      return sizeof(affine);
  }
}

step plain_call(collective what, std::uint32_t seed) {
  return {.seed = seed, .what = what, .root = seed, .count = plain_count};
}

bool whole_values_only(const step& s) {
  return s.what == collective::broadcast && s.how == form::counted;
}

}  // namespace

std::string describe(const step& s) {
  constexpr const char* types[] = {"number", "real", "map", "text"};
  constexpr const char* hows[] = {"value", "returned", "placed", "in place", "counted"};
  constexpr const char* whoms[] = {"all", "all again", "half"};
  return std::string(s.later ? "i" : "") + std::string(collectives::name_of(s.what)) + " of " +
         std::to_string(s.count) + " " + types[static_cast<std::size_t>(s.type)] + ", " +
         hows[static_cast<std::size_t>(s.how)] + (s.xors ? ", xor" : "") + ", root " +
         std::to_string(s.root) + " modulo ranks, among " +
         whoms[static_cast<std::size_t>(s.whom)] + ", seed " + std::to_string(s.seed);
}

std::vector<step> make_plan(const plan_options& options) {
  std::mt19937 random(options.seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::vector<std::vector<std::size_t>> sizes;
  for (const collective what : operations) {
    sizes.push_back(sizes_of(what, options.ranks));
    std::shuffle(sizes.back().begin(), sizes.back().end(), random);
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < std::size(operations); ++i) order.push_back(i);

  std::vector<step> plan;
  for (int round = 0; round < options.rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t which : order) {
      step s = plain_call(operations[which], static_cast<std::uint32_t>(random()));
      if (round != 0) {
        const auto& turns = sizes[which];
        const std::size_t bytes = turns[static_cast<std::size_t>(round - 1) % turns.size()];
        s.type = static_cast<element>(below(element_kinds));
        s.how = static_cast<form>(below(forms));
        s.xors = below(2) == 0;
        s.later = below(3) == 0;
        if (options.communicators) s.whom = static_cast<among>(below(3));
        s.count = bytes / bytes_of(s.type);
        if (s.type == element::text) s.count = std::min(s.count, most_objects);
        if (whole_values_only(s)) s.how = form::value;
      }
      plan.push_back(s);
    }
  }
  return plan;
}

int rounds_for_all_sizes(int ranks) {
  std::size_t most = 0;
  for (const collective what : operations) most = std::max(most, sizes_of(what, ranks).size());
  return static_cast<int>(most) + 1;
}

call_sequence::call_sequence(const communicator& world, std::uint32_t own_seed, bool communicators)
    : random_(own_seed + static_cast<std::uint32_t>(world.rank())) {
  rooms_.push_back({world, 0});
  if (!communicators) return;
  const int half = world.rank() % 2;
  rooms_.push_back({world.dup(), 0});
  // Their ranks the other way round.
  rooms_.push_back({world.split(half, -world.rank()), static_cast<std::uint32_t>(half)});
}

void call_sequence::run(std::span<const step> plan) {
  for (const step& s : plan) {
    compute();
    make_call(s);
    finish_some();
  }
  while (!under_way_.empty()) finish_one(0);
}

// So that ranks come at different times: mostly nothing, now and then for long.
void call_sequence::compute() {
  const auto draw = static_cast<std::uint32_t>(random_());
  const std::uint32_t turns = draw % 4 != 0 ? 0 : (draw >> 4) % 20'000;
  volatile std::uint32_t word = draw;
  for (std::uint32_t i = 0; i < turns; ++i) word = mixed(word);
}

void call_sequence::make_call(const step& s) {
  caller call(*this, s);
  if (s.what == collective::barrier) {
    if (!s.later) return call.comm().barrier();
    under_way_.push_back(
        {[started = std::make_shared<request>(ibarrier(call.comm()))] { started->wait(); },
         nullptr});
  } else if (s.what < collective::reduce) {
    move(call);
  } else {
    combine(call);
  }
}

// Any of them first: they go on by themselves.
void call_sequence::finish_some() {
  constexpr std::size_t most = 8;
  while (!under_way_.empty() && (under_way_.size() > most || random_() % 4 == 0)) {
    finish_one(random_() % under_way_.size());
  }
}

void call_sequence::finish_one(std::size_t which) {
  const open_call call = std::move(under_way_[which]);
  under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(which));
  call.finish();
}

std::exception_ptr call_sequence::give_up() {
  std::exception_ptr first;
  while (!under_way_.empty()) {
    try {
      finish_one(0);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  return first;
}

}  // namespace cohort::test::random_collectives
