// Each algorithm of the arena against the definition of its operation: {rank counts} × {sizes
// around each threshold} × {known sizes, sizes that differ} × {place given, place made} × {in
// place} × roots × {memory read by the kernel, all staged}; elements whose combination is neither
// commutative nor a sum, so that order and association show; archives; and a long random sequence
// of all of them on one board.
#include "collectives/algorithm.hpp"
#include "collectives/board_world.hpp"
#include "runtime/time_limit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace cohort::test {
namespace {

using collectives::algorithm;
using detail::collective;

// x ↦ a x + b on 32-bit numbers; combining two is doing one after the other.
struct affine {
  std::uint32_t a;
  std::uint32_t b;
  bool operator==(const affine&) const = default;
};
affine after(const affine& first, const affine& second) {
  return {first.a * second.a, first.b * second.a + second.b};
}
void combine(const void*, const void* left, const void* right, void* out, std::size_t count) {
  const auto* l = static_cast<const affine*>(left);
  const auto* r = static_cast<const affine*>(right);
  auto* o = static_cast<affine*>(out);
  for (std::size_t i = 0; i < count; ++i) o[i] = after(l[i], r[i]);
}
// An archive is a text of bytes; combining two puts one behind the other.
void combine_packed(const void*, std::span<const std::byte> left, std::span<const std::byte> right,
                    byte_buffer& out) {
  out.append(left.data(), left.size());
  out.append(right.data(), right.size());
}

const detail::element_type affine_type{77, sizeof(affine), "affine"};
const detail::element_type archive_type{detail::packed_archive_id, 1, "archive"};
const detail::reduction elements{&combine, nullptr, nullptr, 9, "after", false};
const detail::reduction archives{nullptr, &combine_packed, nullptr, 10, "append", false};

struct trial {
  const algorithm* how;
  std::size_t count;  // elements of a block, at most
  bool uniform;
  bool grow;
  bool in_place;
  bool packed;
  int root;
  std::uint32_t seed;
};

std::string describe(const trial& t, int ranks) {
  return std::string(collectives::name_of(t.how->operation)) + " " + std::string(t.how->name) +
         ", " + std::to_string(ranks) + " ranks, count " + std::to_string(t.count) +
         (t.uniform ? "" : ", sizes differ") + (t.grow ? ", grown" : "") +
         (t.in_place ? ", in place" : "") + (t.packed ? ", archives" : "") + ", root " +
         std::to_string(t.root) + ", seed " + std::to_string(t.seed);
}

bool reduces(collective what) {
  return what >= collective::reduce && what <= collective::exscan;
}

using vector = std::vector<affine>;

// One rank's part of a trial, and what must come of it.
class part_of_rank {
 public:
  part_of_rank(const trial& t, int rank, int ranks) : t_(t), me_(rank), n_(ranks) {
    fill();
    expect();
  }

  void run(board_world::rank& at) {
    at.carry_out(call_, [&] { t_.how->run(at.board, call_); });
    if (call_.got.grow) got_ = std::move(grown_);
    if (got_ != expected_) throw std::runtime_error("a wrong result of " + describe(t_, n_));
  }

 private:
  // How many elements rank `giver` has in block `block`.
  std::size_t count(int giver, int block) const {
    if (t_.uniform) return t_.count;
    const bool agreed = reduces(t_.how->operation) && !t_.packed;
    const auto which = static_cast<std::uint32_t>(agreed ? block : giver * 31 + block * 7);
    return t_.count == 0 ? 0 : (which + t_.seed) * 2654435761u % (t_.count + 1);
  }
  vector block(int giver, int block) const {
    vector v(count(giver, block));
    std::uint32_t x = t_.seed * 7919u + static_cast<std::uint32_t>(giver * 1000 + block);
    for (affine& e : v) {
      x = x * 1664525u + 1013904223u;
      e = {x | 1u, x >> 7};
    }
    return v;
  }
  bool many() const {
    const collective what = t_.how->operation;
    return what == collective::scatter || what == collective::all_to_all ||
           what == collective::reduce_scatter;
  }
  bool gives() const {
    const collective what = t_.how->operation;
    return (what != collective::broadcast && what != collective::scatter) || me_ == t_.root;
  }

  void append(vector& to, const vector& from, std::vector<std::uint64_t>& sizes) const {
    to.insert(to.end(), from.begin(), from.end());
    sizes.push_back(from.size() * sizeof(affine));
  }

  vector folded(int first, int last, int which) const {
    vector all = block(first, which);
    for (int r = first + 1; r <= last; ++r) {
      const vector next = block(r, which);
      if (t_.packed) {
        all.insert(all.end(), next.begin(), next.end());
      } else {
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = after(all[i], next[i]);
      }
    }
    return all;
  }

  void fill() {
    call_.what = t_.how->operation;
    call_.name = "trial";
    call_.root = t_.root;
    call_.type = t_.packed ? &archive_type : &affine_type;
    call_.uniform = t_.uniform;
    if (reduces(call_.what)) call_.op = t_.packed ? &archives : &elements;
    if (!gives()) return;
    for (int b = 0; b < (many() ? n_ : 1); ++b) append(given_, block(me_, b), given_sizes_);
  }

  void expect() {
    const collective what = call_.what;
    const bool at_root = me_ == t_.root;
    switch (what) {
      case collective::barrier:
        break;
      case collective::broadcast:
        if (!at_root) append(expected_, block(t_.root, 0), got_sizes_);
        break;
      case collective::scatter:
        append(expected_, block(t_.root, me_), got_sizes_);
        break;
      case collective::gather:
        if (!at_root) break;
        [[fallthrough]];
      case collective::all_gather:
        for (int r = 0; r < n_; ++r) append(expected_, block(r, 0), got_sizes_);
        break;
      case collective::all_to_all:
        for (int r = 0; r < n_; ++r) append(expected_, block(r, me_), got_sizes_);
        break;
      case collective::reduce:
        if (at_root) append(expected_, folded(0, n_ - 1, 0), got_sizes_);
        break;
      case collective::scan:
        append(expected_, folded(0, me_, 0), got_sizes_);
        break;
      case collective::exscan:
        if (me_ > 0) append(expected_, folded(0, me_ - 1, 0), got_sizes_);
        break;
      case collective::reduce_scatter:
        append(expected_, folded(0, n_ - 1, me_), got_sizes_);
        break;
      default:
        append(expected_, folded(0, n_ - 1, 0), got_sizes_);
        break;
    }
    layouts();
  }

  void layouts() {
    const std::uint64_t each = t_.uniform ? t_.count * sizeof(affine) : 0;
    call_.given.layout.each = call_.got.layout.each = each;
    if (!t_.uniform) {
      call_.given.layout.sizes = given_sizes_;
      call_.got.layout.sizes = got_sizes_;
    }
    call_.given.data = given_.data();
    if (t_.grow && !got_sizes_.empty()) {
      call_.got.owner = &grown_;
      call_.got.grow = [](void* owner, std::span<const std::uint64_t> sizes) -> void* {
        std::uint64_t bytes = 0;
        for (const std::uint64_t s : sizes) bytes += s;
        auto& to = *static_cast<vector*>(owner);
        to.resize(bytes / sizeof(affine));
        return to.data();
      };
      return;
    }
    got_.resize(expected_.size());
    call_.got.data = got_.data();
    if (t_.in_place) in_place();
  }

  // What is given lies where its block of the result goes.
  void in_place() {
    const collective what = call_.what;
    std::uint64_t offset = 0;
    if (what == collective::all_gather || (what == collective::gather && me_ == t_.root)) {
      for (int r = 0; r < me_; ++r) offset += count(r, 0);
    } else if (expected_.empty() || what == collective::broadcast || what == collective::scatter ||
               given_.size() > got_.size()) {
      return;
    }
    std::copy(given_.begin(), given_.end(), got_.begin() + static_cast<std::ptrdiff_t>(offset));
    call_.given.data = got_.data() + offset;
  }

  const trial t_;
  const int me_;
  const int n_;
  detail::collective_call call_;
  vector given_, got_, grown_, expected_;
  std::vector<std::uint64_t> given_sizes_, got_sizes_;
};

// What an algorithm can be asked for.
bool possible(const trial& t, int ranks) {
  const bool reduction = reduces(t.how->operation);
  if (t.packed && (!reduction || t.how->slices || t.uniform || !t.grow)) return false;
  if (reduction && !t.packed && !t.uniform && t.how->operation != collective::reduce_scatter) {
    return false;
  }
  if (t.how->operation == collective::barrier && t.count != 0) return false;
  if (t.how->uniform_only && !t.uniform) return false;
  if (t.how->ranks != 0 && t.how->ranks != ranks) return false;
  return !(t.in_place && t.grow);
}

runtime::settings with(bool single_copy) {
  runtime::settings s;
  s.single_copy = single_copy;
  return s;
}

struct world_kind {
  int ranks;
  bool single_copy;
};
void PrintTo(const world_kind& k, std::ostream* out) {
  *out << k.ranks << (k.single_copy ? "" : " staged");
}
class arena : public testing::TestWithParam<world_kind> {
  time_limit limit_;
};

TEST_P(arena, each_algorithm_does_what_its_operation_says) {
  const auto [ranks, single_copy] = GetParam();
  board_world world(ranks, with(single_copy));
  // In elements of 8 bytes: nothing, inline, just beyond, the staging area shared by so many
  // blocks, just beyond, several rounds or pieces.
  const auto n = static_cast<std::size_t>(ranks);
  const std::size_t area = 64 * 1024 / sizeof(affine);
  std::vector<std::size_t> counts{0, 1, 6 / n + 1, 6, 7, area / n, area, area + 1};
  if (ranks <= 4) counts.push_back(3 * area + 5);  // among more, `area` takes as many rounds
  std::vector<trial> trials;
  for (const algorithm& how : collectives::arena_algorithms()) {
    for (const std::size_t count : counts) {
      for (int kind = 0; kind < 16; ++kind) {
        const trial t{&how,
                      count,
                      (kind & 1) == 0,
                      (kind & 2) != 0,
                      (kind & 4) != 0,
                      (kind & 8) != 0,
                      static_cast<int>((count + static_cast<std::size_t>(kind)) % n),
                      static_cast<std::uint32_t>(trials.size() + 1)};
        if (possible(t, ranks)) trials.push_back(t);
      }
    }
  }
  world.run([&](board_world::rank& at) {
    for (const trial& t : trials) {
      part_of_rank(t, at.comm.rank(), ranks).run(at);
    }
  });
}

TEST_P(arena, any_sequence_of_them) {
  const auto [ranks, single_copy] = GetParam();
  board_world world(ranks, with(single_copy));
  const auto table = collectives::arena_algorithms();
  const std::uint32_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  world.run([&](board_world::rank& at) {
    std::mt19937 random(seed);
    const auto draw = [&](std::size_t below) { return random() % below; };
    for (std::uint32_t done = 0; done < 300;) {
      const std::size_t most = draw(8) == 0 ? 20000 : draw(3) == 0 ? 600 : 8;
      const trial t{&table[draw(table.size())],
                    draw(most),
                    draw(2) == 0,
                    draw(2) == 0,
                    draw(2) == 0,
                    draw(4) == 0,
                    static_cast<int>(draw(static_cast<std::size_t>(ranks))),
                    ++done};
      if (possible(t, ranks)) part_of_rank(t, at.comm.rank(), ranks).run(at);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(ranks, arena,
                         testing::Values(world_kind{1, true}, world_kind{2, true},
                                         world_kind{2, false}, world_kind{3, true},
                                         world_kind{3, false}, world_kind{4, true},
                                         world_kind{7, true}, world_kind{7, false},
                                         world_kind{13, true}));

// Beyond the ranks that one post reaches: the tree of the barrier.
TEST(arena_of_many, barrier_lets_nobody_pass_early) {
  const time_limit limit;
  constexpr int ranks = 70;
  board_world world(ranks);
  std::atomic<int> come{0};
  const auto how = collectives::find_algorithm(collective::barrier, "shared");
  const detail::collective_call part{.what = collective::barrier, .name = "barrier"};
  world.run([&](board_world::rank& at) {
    for (int lap = 1; lap <= 20; ++lap) {
      come.fetch_add(1);
      at.carry_out(part, [&] { how->run(at.board, part); });
      EXPECT_GE(come.load(), lap * ranks);
    }
  });
}

}  // namespace
}  // namespace cohort::test
