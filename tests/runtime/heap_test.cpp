// One member's heap in the arena: alignment, reuse, memory on first use, its end.
#include "runtime/heap.hpp"

#include <cohort/error.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace cohort::runtime {
namespace {

std::uint64_t bytes_in_use(const arena& memory) {
  struct stat facts {};
  EXPECT_EQ(::fstat(memory.descriptor(), &facts), 0);
  return static_cast<std::uint64_t>(facts.st_blocks) * 512;
}

class heap_of_a_member : public testing::Test {
 protected:
  std::shared_ptr<arena> memory_ = arena::create(2);
  heap heap_{*memory_, 1};
};

TEST_F(heap_of_a_member, gives_out_ranges_of_its_own_part_that_do_not_overlap) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const std::uint64_t bytes : {1u, 63u, 64u, 65u, 4095u, 4096u, 4097u, 100'000u, 1u, 200u}) {
    ranges.emplace_back(heap_.allocate(bytes), bytes);
  }
  std::sort(ranges.begin(), ranges.end());
  std::uint64_t end = memory_->map().heap(1);
  for (const auto& [offset, bytes] : ranges) {
    EXPECT_GE(offset, end);
    EXPECT_EQ(offset % (bytes >= page ? page : cache_line), 0u);
    EXPECT_EQ(memory_->map().owner(offset), 1u);
    end = offset + bytes;
  }
  EXPECT_LE(end, memory_->map().heap(2));
}

TEST_F(heap_of_a_member, reuses_what_was_given_back) {
  for (const std::uint64_t bytes : {1u, 64u, 128u, 4096u, 50'000u}) {
    const std::uint64_t first = heap_.allocate(bytes);
    const std::uint64_t second = heap_.allocate(bytes);
    heap_.free(first, bytes);
    EXPECT_EQ(heap_.allocate(bytes), first) << bytes;
    heap_.free(first, bytes);
    heap_.free(second, bytes);
  }
}

TEST_F(heap_of_a_member, takes_memory_only_for_what_is_allocated) {
  const std::uint64_t before = bytes_in_use(*memory_);
  heap_.allocate(100);
  EXPECT_LE(bytes_in_use(*memory_) - before, 2 * page);
  heap_.allocate(10 * page);
  EXPECT_GE(bytes_in_use(*memory_) - before, 10 * page);
  EXPECT_LE(bytes_in_use(*memory_) - before, 13 * page);
}

TEST_F(heap_of_a_member, says_when_it_is_used_up_and_goes_on) {
  EXPECT_THROW(heap_.allocate(heap_bytes + 1), resource_error);
  const std::uint64_t offset = heap_.allocate(page);
  *memory_->at<std::byte>(offset + page - 1) = std::byte{1};
  EXPECT_THROW(heap_.allocate(heap_bytes - page + 1), resource_error);
  try {
    heap_.allocate(heap_bytes);
    ADD_FAILURE();
  } catch (const resource_error& e) {
    EXPECT_NE(std::string(e.what()).find("512 MiB"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace cohort::runtime
