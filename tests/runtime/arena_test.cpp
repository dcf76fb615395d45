// The arena from outside: descriptors that are none, headers that lie, offsets out of bounds.
#include "runtime/arena.hpp"

#include <cohort/error.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace cohort::runtime {
namespace {

// The message of the start_error, "" if there was none.
std::string refusal(int descriptor) {
  try {
    arena::open(descriptor);
  } catch (const start_error& e) {
    return e.what();
  }
  return "";
}

// A sparse memfd of a valid arena's size whose first words a test may spoil.
class forged_arena {
 public:
  explicit forged_arena(std::uint64_t capacity = 4) : descriptor_(::memfd_create("forged", 0)) {
    header_.magic = arena_magic;
    header_.capacity = static_cast<std::uint32_t>(capacity);
    header_.ranks = 1;
    header_.size = arena_map(header_.capacity).size();
  }
  ~forged_arena() { ::close(descriptor_); }
  forged_arena(const forged_arena&) = delete;
  forged_arena& operator=(const forged_arena&) = delete;

  // What stands before the shared words of arena_header.
  struct first_words {
    std::uint64_t magic, size, cookie;
    std::uint32_t capacity, ranks, processors, fences;
  };
  first_words& header() { return header_; }
  std::string refusal(std::uint64_t file_size) {
    EXPECT_EQ(::ftruncate(descriptor_, static_cast<off_t>(file_size)), 0);
    EXPECT_EQ(
        ::pwrite(descriptor_, &header_, std::min<std::uint64_t>(sizeof header_, file_size), 0),
        static_cast<ssize_t>(std::min<std::uint64_t>(sizeof header_, file_size)));
    const int copy = ::dup(descriptor_);
    const std::string why = runtime::refusal(copy);
    ::close(copy);
    return why;
  }
  std::string refusal() { return refusal(arena_map(4).size()); }

 private:
  int descriptor_;
  first_words header_{};
};

TEST(arena, opens_what_create_made) {
  const auto made = arena::create(3);
  EXPECT_NE(::fcntl(made->descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  const int copy = ::dup(made->descriptor());
  ASSERT_EQ(::fcntl(copy, F_GETFD) & FD_CLOEXEC, 0);
  const auto opened = arena::open(copy);
  EXPECT_NE(::fcntl(copy, F_GETFD) & FD_CLOEXEC, 0) << "a program started by a rank is no member";
  EXPECT_EQ(opened->header().ranks, 3u);
  EXPECT_EQ(opened->header().cookie, made->header().cookie);
  made->member(2).pid.store(42);
  EXPECT_EQ(opened->member(2).pid.load(), 42);
}

TEST(arena, cookies_differ) {
  EXPECT_NE(arena::create(1)->header().cookie, arena::create(1)->header().cookie);
}

TEST(arena, its_memory_starts_as_zero_and_is_sparse) {
  const auto memory = arena::create(256);
  struct stat facts {};
  ASSERT_EQ(::fstat(memory->descriptor(), &facts), 0);
  EXPECT_LT(static_cast<std::uint64_t>(facts.st_blocks) * 512, std::uint64_t{1} << 20);
  EXPECT_EQ(memory->directory(255, 254).load(), 0u);
  EXPECT_EQ(memory->member(0).state.load(), member_state::vacant);
}

TEST(arena, rank_counts_out_of_range_are_refused) {
  EXPECT_THROW(arena::create(0), start_error);
  EXPECT_THROW(arena::create(max_members - spare_members + 1), start_error);
  EXPECT_THROW(arena::create(std::numeric_limits<std::uint32_t>::max()), start_error);
}

TEST(arena, descriptors_that_are_no_arena_are_refused) {
  EXPECT_NE(refusal(-1).find("descriptor -1"), std::string::npos);
  EXPECT_NE(refusal(1 << 20).find("EBADF"), std::string::npos);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_NE(refusal(ends[0]), "");
  ::close(ends[0]);
  ::close(ends[1]);
  const int empty = ::memfd_create("empty", 0);
  EXPECT_NE(refusal(empty).find("magic"), std::string::npos);
  ::close(empty);
  const int device = ::open("/dev/null", O_RDWR);
  EXPECT_NE(refusal(device), "");
  ::close(device);
}

TEST(arena, a_true_copy_is_accepted) {
  forged_arena same;
  EXPECT_EQ(same.refusal(), "") << "or the tests below prove nothing";
}

TEST(arena, headers_that_lie_are_refused) {
  {
    forged_arena other_magic;
    other_magic.header().magic ^= 1;
    EXPECT_NE(other_magic.refusal().find("magic"), std::string::npos);
  }
  for (const std::uint32_t capacity : {0u, 3u, 5u, max_members + 1, 0xffffffffu}) {
    forged_arena other_capacity;
    other_capacity.header().capacity = capacity;
    EXPECT_NE(other_capacity.refusal(), "") << capacity;
  }
  for (const std::uint64_t size : {std::uint64_t{0}, arena_map(4).size() - 1, arena_map(5).size(),
                                   std::numeric_limits<std::uint64_t>::max()}) {
    forged_arena other_size;
    other_size.header().size = size;
    EXPECT_NE(other_size.refusal(), "") << size;
  }
  for (const std::uint32_t ranks : {0u, 5u, 0xffffffffu}) {
    forged_arena other_ranks;
    other_ranks.header().ranks = ranks;
    EXPECT_NE(other_ranks.refusal().find("ranks"), std::string::npos) << ranks;
  }
  for (const std::uint64_t file : {std::uint64_t{1}, std::uint64_t{39}, std::uint64_t{4096},
                                   arena_map(4).size() - 1, arena_map(4).size() + 1}) {
    forged_arena other_file;
    EXPECT_NE(other_file.refusal(file), "") << file;
  }
}

TEST(arena, offsets_out_of_bounds_are_an_error) {
  const auto memory = arena::create(1);
  const std::uint64_t size = memory->map().size();
  EXPECT_NO_THROW(memory->at<std::byte>(size - 1));
  EXPECT_NO_THROW(memory->at<std::byte>(0, size));
  EXPECT_THROW(memory->at<std::byte>(size), resource_error);
  EXPECT_THROW(memory->at<std::uint64_t>(size - 7), resource_error);
  EXPECT_THROW(memory->at<std::byte>(1, size), resource_error);
  EXPECT_THROW(memory->at<std::byte>(8, ~std::uint64_t{0}), resource_error);
  EXPECT_THROW(memory->at<std::byte>(~std::uint64_t{0}, 8), resource_error);
}

TEST(arena, its_parts_do_not_overlap) {
  for (const std::uint32_t capacity : {1u, 2u, 65u, 320u, max_members}) {
    const arena_map map(capacity);
    EXPECT_GE(map.members(), sizeof(arena_header));
    EXPECT_GE(map.names(), map.members() + sizeof(member_entry) * capacity);
    EXPECT_GE(map.directory(), map.names() + sizeof(name_entry) * name_capacity);
    EXPECT_GE(map.heaps(), map.directory() + map.row_bytes() * capacity);
    EXPECT_EQ(map.shared_region(), map.heap(capacity - 1) + heap_bytes);
    EXPECT_EQ(map.owner(map.heap(capacity - 1)), capacity - 1);
    EXPECT_EQ(map.owner(map.shared_region() - 1), capacity - 1);
    EXPECT_EQ(map.size(), map.shared_region() + shared_region_bytes);
  }
}

// A child that ends as main does destroys its copies of the parent's objects. Whatever it has
// mapped where the arena is in the parent must survive that.
TEST(arena, its_end_in_a_forked_child_unmaps_nothing_of_the_childs) {
  auto memory = arena::create(1);
  void* const place = &memory->header();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    void* mine = ::mmap(place, page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mine != place) ::_exit(2);  // the parent's mapping was inherited
    std::memset(mine, 1, page);
    memory.reset();
    ::_exit(*static_cast<volatile char*>(mine) == 1 ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace cohort::runtime
