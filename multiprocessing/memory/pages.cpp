#include "multiprocessing/memory/pages.hpp"

#include <cohort/error.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace cohort::multiprocessing {

namespace {

constexpr std::uint64_t bits_per_word = 64;

shared_u64& word_of(const region& shared, std::uint64_t number) {
  return *shared.memory().at<shared_u64>(shared.map().page_bits() + number / bits_per_word * 8);
}
std::uint64_t bit_of(std::uint64_t number) {
  return std::uint64_t{1} << (number % bits_per_word);
}
bool used(const region& shared, std::uint64_t number) {
  return (word_of(shared, number).load(std::memory_order_relaxed) & bit_of(number)) != 0;
}
void set(const region& shared, std::uint64_t number, bool in_use) {
  shared_u64& word = word_of(shared, number);
  const std::uint64_t now = word.load(std::memory_order_relaxed);
  word.store(in_use ? now | bit_of(number) : now & ~bit_of(number), std::memory_order_relaxed);
}

// First fit in [begin, end); a run of no pages if there is none.
page_run search(const region& shared, std::uint64_t begin, std::uint64_t end, std::uint64_t count) {
  std::uint64_t first = begin;
  for (std::uint64_t number = begin; number < end;) {
    if (number % bits_per_word == 0 &&
        word_of(shared, number).load(std::memory_order_relaxed) == ~std::uint64_t{0}) {
      number += bits_per_word;
      first = number;
      continue;
    }
    if (used(shared, number++)) {
      first = number;
    } else if (number - first == count) {
      return {first, count};
    }
  }
  return {};
}

// The memory of a range back to the system. Where it refuses, the bytes are made zero by hand.
void punch(const region& shared, page_run run) {
  const std::uint64_t offset = shared.map().page_at(run.first);
  const std::uint64_t bytes = run.count * page;
  int failed = 0;
  do {
    failed = ::fallocate(shared.memory().descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0
                 ? 0
                 : errno;
  } while (failed == EINTR);
  if (failed != 0) {
    std::fill_n(shared.memory().at<std::byte>(offset, bytes), bytes, std::byte{0});
  }
}

}  // namespace

page_run pages_of(const region& shared, const object_entry& object) {
  const std::uint64_t bytes = object.bytes.load(std::memory_order_relaxed);
  if (bytes <= inline_payload) return {};
  return {(object.offset.load(std::memory_order_relaxed) - shared.map().pages()) / page,
          (bytes + page - 1) / page};
}

page_run find_pages(const region& shared, std::uint64_t count) {
  region_header& head = shared.header();
  const std::uint64_t end = head.pages_end.load(std::memory_order_relaxed);
  const std::uint64_t hint = std::min(head.next_page.load(std::memory_order_relaxed), end);
  page_run run = search(shared, hint, end, count);
  if (run.count == 0) run = search(shared, 0, end, count);
  if (run.count == 0) {
    if (count > shared.map().usable_pages() - end) {
      throw resource_error("no room for " + std::to_string(count * page) +
                               " more bytes in what the processes of this job share, " +
                               std::to_string(runtime::shared_region_bytes >> 30) + " GiB",
                           {.operation = "shared memory"});
    }
    run = {end, count};
    const std::uint64_t bits = shared.map().page_bits();
    const std::uint64_t from = end / bits_per_word * 8;
    const std::uint64_t until = ((end + count) / bits_per_word + 1) * 8;
    shared.memory().reserve(bits + from, until - from);
  }
  shared.memory().reserve(shared.map().page_at(run.first), run.count * page);
  return run;
}

void mark_used(const region& shared, page_run run) {
  region_header& head = shared.header();
  for (std::uint64_t i = 0; i < run.count; ++i) set(shared, run.first + i, true);
  const std::uint64_t end = run.first + run.count;
  if (head.pages_end.load(std::memory_order_relaxed) < end) {
    head.pages_end.store(end, std::memory_order_relaxed);
  }
  head.next_page.store(end, std::memory_order_relaxed);
}

void give_back(const region& shared, page_run run) {
  if (run.count == 0) return;
  punch(shared, run);
  for (std::uint64_t i = 0; i < run.count; ++i) set(shared, run.first + i, false);
  region_header& head = shared.header();
  if (run.first < head.next_page.load(std::memory_order_relaxed)) {
    head.next_page.store(run.first, std::memory_order_relaxed);
  }
}

void rebuild_pages(const region& shared) {
  region_header& head = shared.header();
  std::vector<page_run> live;
  std::uint64_t end = head.pages_end.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < head.objects_end.load(std::memory_order_relaxed); ++i) {
    const object_entry& object = shared.object(i);
    if (object.state.load(std::memory_order_relaxed) != object_state::live) continue;
    const page_run run = pages_of(shared, object);
    if (run.count == 0) continue;
    live.push_back(run);
    end = std::max(end, run.first + run.count);
  }
  std::sort(live.begin(), live.end(),
            [](const page_run& a, const page_run& b) { return a.first < b.first; });
  std::uint64_t next = 0;
  const auto free_until = [&](std::uint64_t limit) {
    for (std::uint64_t number = next; number < limit; ++number) {
      if (used(shared, number)) give_back(shared, {number, 1});
    }
  };
  for (const page_run& run : live) {
    free_until(run.first);
    mark_used(shared, run);
    next = run.first + run.count;
  }
  free_until(end);
  head.next_page.store(0, std::memory_order_relaxed);
}

}  // namespace cohort::multiprocessing
