// How a board is closed, and what its ranks are told.
#include <cohort/constants.hpp>
#include <cohort/error.hpp>

#include "collectives/board/board.hpp"
#include "collectives/board/claim.hpp"
#include "collectives/call_signature.hpp"
#include "runtime/names.hpp"
#include "runtime/report.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace cohort::collectives {

namespace {

constexpr const char* remedy =
    "; this communicator's collectives are closed: go on with that of shrink()";

std::uint64_t packed(closing why, int rank, std::uint32_t detail) {
  return static_cast<std::uint64_t>(why) | static_cast<std::uint64_t>(rank) << 8 |
         std::uint64_t{detail} << 32;
}

// "rank 0", "ranks 1, 3"
std::string list(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(ranks[i]);
  }
  return text;
}

}  // namespace

// The beginning of every blocking call: signs what is called, so that others can tell.
void board::begin(const detail::collective_call& part, const call& where) {
  if (busy_) [[unlikely]] {
    throw usage_error(
        "another thread of this rank is in a collective on this communicator; give each thread a "
        "communicator of its own, by dup()",
        {.rank = static_cast<int>(home_.self()), .operation = part.name, .site = where.site});
  }
  home_.keep_up();
  // Once closed, the first call is still shown to the reports of others, but no more than that.
  if (!told_) sign(part, where, true);
  if (closed()) [[unlikely]]
    throw_closed(part.name, where);
  part_ = &part;
  where_ = &where;
  busy_ = true;
}

void board::sign(const detail::collective_call& part, const call& where, bool blocking) {
  if (!checks_) return;
  ++calls_;
  signature_ = chained(signature_, signature_of(part, blocking));
  if (part.type) home_.note_type(*part.type);
  write_claim(lines(rank_).claims[calls_ % post_slots], calls_,
              {
                  .kind = kind_of(part.what, blocking),
                  .operation = name(part.name),
                  .type = part.type ? part.type->id : 0,
                  .type_size = part.type ? part.type->size : 0,
                  .op = part.op ? name(part.op->name) : 0,
                  .file = name(where.site.file()),
                  .line = where.site.line(),
                  .root = has_root(part.what) ? part.root : -1,
                  .bytes = block_bytes(part),
              });
}

// The id of a text, which is made known to others when it is first met. Texts are literals.
std::uint32_t board::name(const char* text) {
  const auto address = reinterpret_cast<std::uintptr_t>(text);
  known_name& known = names_[(address ^ address >> 5) % names_.size()];
  if (known.text != text) [[unlikely]] {
    known = {text, runtime::name_hash(text)};
    runtime::remember_name(home_.memory(), known.id, text);
  }
  return known.id;
}

void board::close(closing why, int rank, std::uint32_t number) noexcept {
  std::uint64_t open = 0;
  header_->closed.compare_exchange_strong(open, packed(why, rank, number),
                                          std::memory_order_seq_cst);
  // Ranks whose calls go on behind requests may sleep without watching the board. They look at the
  // epoch last, and at everything again when it has changed.
  home_.memory().header().terminal_epoch.fetch_add(1, std::memory_order_seq_cst);
  // Whatever this rank does to memory that it had exposed comes after (board::pull).
  std::atomic_thread_fence(std::memory_order_seq_cst);
  wake_all();
}

void board::close(const std::exception_ptr& problem) noexcept {
  if (closed()) return;
  try {
    std::rethrow_exception(problem);
  } catch (const rank_failed& failure) {
    if (failure.peer() >= 0 && failure.peer() < size_)
      close(closing::death, failure.peer(), calls_);
    else
      close(closing::gave_up, rank_, calls_);
  } catch (const timeout_error&) {
    close(closing::timeout, rank_, calls_);
  } catch (...) {
    close(closing::gave_up, rank_, calls_);
  }
}

void board::refuse(const char* name, const char* problem, const call& where) noexcept {
  if (closed()) return;
  auto& text = lines(rank_).problem;
  std::snprintf(text, sizeof text, "%s at %s:%u: %s", name, where.site.file(),
                static_cast<unsigned>(where.site.line()), problem);
  close(closing::refused, rank_, calls_);
}

void board::throw_disagreement() {
  close_for_misuse();
  throw_closed(part_->name, *where_);
}

void board::throw_disagreement(int rank, const detail::collective_call& part, const call& where) {
  if (checks_) {
    close_for_misuse();
    throw_closed(part.name, where);
  }
  throw collective_error("rank " + std::to_string(rank) +
                             " has called another collective, or the same with other arguments; "
                             "COHORT_COLLECTIVE_CHECK=1 shows who called what",
                         {.rank = static_cast<int>(home_.self()),
                          .operation = part.name,
                          .peer = rank,
                          .site = where.site});
}

void board::throw_unreadable(int rank) {
  close(closing::gave_up, rank_, calls_);
  throw resource_error("the kernel does not let this rank read the memory that rank " +
                           std::to_string(rank) +
                           " gives, although it does read other memory of it (a device's?); start "
                           "the job with COHORT_SINGLE_COPY=0",
                       runtime::context_of(comm_, reason(rank)));
}

void board::throw_timeout(int peer) {
  close(closing::timeout, rank_, calls_);
  told_ = true;
  runtime::throw_timeout(comm_, reason(peer));
}

void board::throw_closed(const char* name, const call& where) {
  told_ = true;
  const std::uint64_t state = header_->closed.load(std::memory_order_acquire);
  const int rank = static_cast<int>(state >> 8 & 0xffffff) % size_;
  const auto number = static_cast<std::uint32_t>(state >> 32);
  const auto problem = [&](const std::string& text) {
    return collective_error(text, {.rank = static_cast<int>(home_.self()),
                                   .operation = name,
                                   .peer = rank,
                                   .site = where.site});
  };
  const auto why = static_cast<closing>(state & 0xff);
  if (why == closing::refused) {
    const auto& text = lines(rank).problem;
    throw problem("rank " + std::to_string(rank) + " can't take part in " +
                  std::string(text, ::strnlen(text, sizeof text)) + remedy);
  }
  claimed what;
  const std::string in = read_claim(lines(rank).claims[number % post_slots], number, what)
                             ? describe(home_.memory(), what)
                             : "a collective";
  switch (why) {
    case closing::death:
      // Who closed the board knows of the death; its slot says so to us as well.
      home_.notice_deaths();
      runtime::throw_rank_failed(comm_, static_cast<std::int32_t>(member_of(rank)),
                                 {name, rank, any_tag, comm_.context() + 1, where.site});
    case closing::misuse:
      throw problem("ranks disagree about the collective: " + who_called_what(number) +
                    "; let all ranks call the same" + remedy);
    case closing::timeout:
      throw problem("the deadline of rank " + std::to_string(rank) + " passed in " + in + remedy);
    default:
      throw problem("rank " + std::to_string(rank) + " has given up in " + in +
                    "; its own error says why" + remedy);
  }
}

runtime::wait_reason board::reason(int peer) const {
  return {part_->name, peer, any_tag, comm_.context() + 1, where_->site};
}

bool board::claims_differ(std::uint32_t number) const noexcept {
  claimed mine, theirs;
  if (!read_claim(lines(rank_).claims[number % post_slots], number, mine)) return false;
  for (int other = 0; other < size_; ++other) {
    if (read_claim(lines(other).claims[number % post_slots], number, theirs) &&
        !theirs.agrees(mine)) {
      return true;
    }
  }
  return false;
}

// The oldest call about which the claims differ, as far back as they go; else the last.
std::uint32_t board::first_disagreement() const noexcept {
  std::uint32_t number = calls_ < post_slots ? 1 : calls_ - (post_slots - 1);
  while (number != calls_ && !claims_differ(number)) ++number;
  return number;
}

// For calls over messages, which post nothing.
bool board::any_claims_differ() const noexcept {
  if (calls_ == 0) return false;
  // Our claim before these looks: of two ranks that call different things, the one whose fence
  // comes later sees the other's claim.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return claims_differ(first_disagreement());
}

std::string board::who_called_what(std::uint32_t number) const {
  std::vector<std::pair<std::string, std::vector<int>>> groups;
  for (int rank = 0; rank < size_; ++rank) {
    const claim& slot = lines(rank).claims[number % post_slots];
    claimed what;
    std::string text;
    if (read_claim(slot, number, what))
      text = "call " + describe(home_.memory(), what);
    else if (reached(slot.number.load(std::memory_order_relaxed), number))
      text = "gone on";
    else
      text = "called nothing yet";
    const auto found =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == text; });
    if (found == groups.end())
      groups.push_back({text, {rank}});
    else
      found->second.push_back(rank);
  }
  std::string all;
  for (const auto& [text, ranks] : groups) {
    const bool one = ranks.size() == 1;
    all += (all.empty() ? "" : "; ") + list(ranks) + " ";
    if (text.starts_with("call "))
      all += (one ? "calls " : "call ") + text.substr(5);
    else
      all += (one ? "has " : "have ") + text;
  }
  return all;
}

}  // namespace cohort::collectives
