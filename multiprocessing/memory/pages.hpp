// The pages that objects stand on where the line of their entry is too short: a bit for each.
#pragma once

#include "multiprocessing/family/region.hpp"

#include <cstdint>

namespace cohort::multiprocessing {

// A run of pages, by number.
struct page_run {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
page_run pages_of(const region& shared, const object_entry& object);

// All of these are for the holder of the region's lock.

// A run of unused pages that exist and hold zeros. Nothing is marked yet. Throws resource_error.
page_run find_pages(const region& shared, std::uint64_t count);
void mark_used(const region& shared, page_run run);
// Gives the memory back to the system, which makes it zero, then marks the pages unused.
void give_back(const region& shared, page_run run);
// Makes the bits say what the table of objects says, whatever they said.
void rebuild_pages(const region& shared);

}  // namespace cohort::multiprocessing
