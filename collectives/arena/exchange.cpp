#include "collectives/arena/exchange.hpp"

#include <cohort/error.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace cohort::collectives {

namespace {

using runtime::cache_line;

// Of a block that is staged in one round, if there are not too many blocks for an area.
constexpr std::uint64_t longest_chunk = 64 * 1024;
constexpr std::uint64_t area_bytes = 1024 * 1024;

constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t unit) {
  return (n + unit - 1) / unit * unit;
}

form form_of(const post& p) {
  return static_cast<form>(p.facts & 0xff);
}

}  // namespace

exchange::exchange(board& shared, const exchange_terms& terms) : shared_(shared), terms_(terms) {
  if (terms_.uniform && form_for(terms_.each) == form::inlined) return;  // no need to divide
  const std::uint64_t table = terms_.uniform ? 0 : table_bytes();
  const std::uint64_t room = area_bytes > table ? (area_bytes - table) / terms_.blocks : 0;
  stride_ = std::max(std::min(room, longest_chunk) / cache_line * cache_line,
                     round_up(terms_.element, cache_line));
  chunk_ = stride_ / terms_.element * terms_.element;
  if (terms_.uniform && form_for(terms_.each) == form::staged) {
    rounds_ = (terms_.each + chunk_ - 1) / chunk_;
  }
}

form exchange::form_for(std::uint64_t largest) const {
  if (terms_.uniform) {
    if (largest <= inline_room && largest * terms_.blocks <= inline_room) return form::inlined;
    return terms_.single_copy ? form::exposed : form::staged;
  }
  if (terms_.blocks == 1 && largest <= inline_room) return form::inlined;
  return terms_.single_copy && largest > chunk_ ? form::exposed : form::staged;
}

void exchange::show(const detail::contribution* given, std::uint64_t round) {
  post& mine = shared_.next();
  if (!given) {
    shared_.publish(form::nothing, 0);
    return;
  }
  const block_table blocks(given->layout);
  std::uint64_t largest = terms_.each;
  if (!terms_.uniform) {
    largest = 0;
    for (std::uint32_t b = 0; b < terms_.blocks; ++b) {
      largest = std::max(largest, blocks.block(b).bytes);
    }
  }
  const form how = form_for(largest);
  switch (how) {
    case form::inlined:
      for (std::uint32_t b = 0; b < terms_.blocks && largest != 0; ++b) {
        const extent from = blocks.block(b);
        std::memcpy(mine.bytes + b * terms_.each,
                    static_cast<const std::byte*>(given->data) + from.offset, largest);
      }
      break;
    case form::staged:
      stage_blocks(mine, *given, blocks, largest, round);
      break;
    default:
      expose_blocks(mine, *given, blocks);
      break;
  }
  shared_.publish(how, largest);
}

void exchange::stage_blocks(post& mine, const detail::contribution& given,
                            const block_table& blocks, std::uint64_t largest, std::uint64_t round) {
  const bool tabled = !terms_.uniform && terms_.blocks > 1;
  const std::uint64_t table = tabled ? round_up(table_bytes(), cache_line) : 0;
  const std::uint64_t stride = std::min(stride_, round_up(largest, cache_line));
  const std::uint64_t area = shared_.stage(table + stride * terms_.blocks);
  if (tabled) write_table(area, blocks);
  std::byte* to = shared_.at(area + table, stride * terms_.blocks);
  const auto* from = static_cast<const std::byte*>(given.data);
  for (std::uint32_t b = 0; b < terms_.blocks; ++b) {
    if (terms_.blocks > 1 && b == static_cast<std::uint32_t>(shared_.rank())) continue;
    const extent block = blocks.block(b);
    const std::uint64_t begin = begin_of(round);
    if (begin >= block.bytes) continue;
    std::memcpy(to + b * stride, from + block.offset + begin,
                std::min(chunk_, block.bytes - begin));
  }
  mine.where = {.at = area + table, .table = tabled ? area : 0, .stride = stride};
}

void exchange::expose_blocks(post& mine, const detail::contribution& given,
                             const block_table& blocks) {
  exposed_ = true;
  mine.where = {.at = reinterpret_cast<std::uint64_t>(given.data), .table = 0, .stride = 0};
  if (terms_.blocks == 1) {
    mine.where.at += blocks.block(0).offset;
  } else if (!terms_.uniform || !given.layout.offsets.empty()) {
    mine.where.table = shared_.stage(table_bytes());
    write_table(mine.where.table, blocks);
  }
}

void exchange::write_table(std::uint64_t at, const block_table& blocks) const {
  entry* table = shared_.at<entry>(at, table_bytes());
  for (std::uint32_t b = 0; b < terms_.blocks; ++b) {
    const extent block = blocks.block(b);
    table[b] = {block.bytes, block.offset};
  }
}

exchange::entry exchange::table_entry(const post& theirs, std::uint32_t block) const {
  return shared_.at<entry>(theirs.where.table, table_bytes())[block];
}

void exchange::learn(int root) {
  if (terms_.uniform || terms_.single_copy) return;  // one round
  std::uint64_t largest = 0;
  for (int giver = 0; giver < shared_.size(); ++giver) {
    if (root >= 0 && giver != root) continue;
    const post& theirs = shared_.of(giver);
    largest = std::max(largest, theirs.facts >> 8);
  }
  rounds_ = std::max<std::uint64_t>(1, (largest + chunk_ - 1) / chunk_);
}

std::uint64_t exchange::size(int rank, std::uint32_t block) {
  if (terms_.uniform) return terms_.each;
  const post& theirs = shared_.of(rank);
  if (form_of(theirs) == form::nothing) refuse(rank);
  return terms_.blocks == 1 ? theirs.facts >> 8 : table_entry(theirs, block).bytes;
}

std::span<const std::byte> exchange::view(int rank, std::uint32_t block, std::uint64_t bytes,
                                          std::uint64_t round) {
  const post& theirs = shared_.of(rank);
  const std::uint64_t begin = begin_of(round);
  switch (form_of(theirs)) {
    case form::inlined: {
      const std::uint64_t offset = terms_.blocks == 1 ? 0 : block * terms_.each;
      if (bytes > inline_room || offset > inline_room - bytes) refuse(rank);
      return {theirs.bytes + offset, bytes};
    }
    case form::staged: {
      const std::uint64_t length = begin < bytes ? std::min(chunk_, bytes - begin) : 0;
      return {shared_.at(theirs.where.at + block * theirs.where.stride, length), length};
    }
    default:
      refuse(rank);
  }
}

bool exchange::exposed(int rank) {
  return form_of(shared_.of(rank)) == form::exposed;
}

std::uint64_t exchange::address(int rank, std::uint32_t block) {
  const post& theirs = shared_.of(rank);
  if (form_of(theirs) != form::exposed) refuse(rank);
  if (theirs.where.table != 0) return theirs.where.at + table_entry(theirs, block).offset;
  return theirs.where.at + (terms_.blocks == 1 ? 0 : block * terms_.each);
}

void exchange::take(int rank, std::uint32_t block, std::uint64_t bytes, std::uint64_t round,
                    std::byte* to) {
  // What came whole in round 0 is not shown again.
  if (round != 0 && begin_of(round) >= bytes) return;
  if (exposed(rank)) {
    shared_.pull(rank, to, address(rank, block), bytes);
    return;
  }
  const auto part = view(rank, block, bytes, round);
  copy_block(to + (round == 0 ? 0 : begin_of(round)), part.data(), part.size());
}

void exchange::part(int taker) {
  const bool exposable =
      terms_.single_copy && (!terms_.uniform || form_for(terms_.each) == form::exposed);
  if (!exposable) return;
  shared_.pass();
  if (!exposed_) return;
  if (taker < 0)
    shared_.await_everyone();
  else if (taker != shared_.rank())
    shared_.of(taker);
}

void exchange::refuse(int rank) const {
  throw collective_error("rank " + std::to_string(rank) +
                             " does not show what this call needs; let all ranks call the same",
                         {.rank = static_cast<int>(shared_.home().self()), .peer = rank});
}

void result_place::settle(std::span<const std::uint64_t> sizes, int from) {
  if (part_.got.grow) {
    data_ = static_cast<std::byte*>(part_.got.grow(part_.got.owner, sizes));
    std::uint64_t end = 0;
    for (const std::uint64_t bytes : sizes) {
      grown_.push_back(end);
      end += bytes;
    }
    return;
  }
  const std::uint64_t unit = part_.type && part_.type->size > 1 ? part_.type->size : 1;
  const std::string what = unit == 1 ? "bytes" : std::string("elements of ") + part_.type->name;
  for (std::uint32_t b = 0; b < sizes.size(); ++b) {
    const std::uint64_t expected = blocks_.block(b).bytes;
    if (sizes[b] == expected) continue;
    const int giver = sizes.size() == 1 ? from : static_cast<int>(b);
    throw collective_error("rank " + std::to_string(giver) + " gives " +
                               std::to_string(sizes[b] / unit) + " " + what +
                               " where this call expects " + std::to_string(expected / unit) +
                               "; let both name the same count",
                           {.operation = part_.name, .peer = giver});
  }
}

}  // namespace cohort::collectives
