#include "runtime/arena.hpp"

#include <cohort/error.hpp>

#include "runtime/system.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace cohort::runtime {

namespace {

std::byte* map_whole(int descriptor, std::uint64_t size) {
  void* base =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  if (base == MAP_FAILED) {
    throw resource_error("can't map the job's shared memory, " + std::to_string(size >> 20) +
                             " MiB of address space: " + describe_errno(errno) +
                             "; raise the limit of address space (ulimit -v)",
                         {.operation = "environment"});
  }
  // A core file of the whole address range would hold every rank's rings; a fork()ed child is no
  // member and must not be able to touch them.
  ::madvise(base, size, MADV_DONTDUMP);
  ::madvise(base, size, MADV_DONTFORK);
  return static_cast<std::byte*>(base);
}

}  // namespace

std::shared_ptr<arena> arena::create(std::uint32_t ranks) {
  if (ranks == 0 || ranks > max_members - spare_members) {
    throw start_error("a job has 1 to " + std::to_string(max_members - spare_members) +
                          " ranks on one host, not " + std::to_string(ranks),
                      {.operation = "start"});
  }
  const std::uint32_t capacity = ranks + spare_members;
  const arena_map map(capacity);
  const int descriptor = ::memfd_create("cohort", MFD_CLOEXEC);
  if (descriptor < 0) {
    throw resource_error("can't create shared memory (memfd_create): " + describe_errno(errno),
                         {.operation = "start"});
  }
  if (::ftruncate(descriptor, static_cast<off_t>(map.size())) != 0) {
    const int code = errno;
    ::close(descriptor);
    throw resource_error("can't size the job's shared memory: " + describe_errno(code),
                         {.operation = "start"});
  }
  std::byte* base = nullptr;
  try {
    base = map_whole(descriptor, map.size());
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  std::shared_ptr<arena> made(new arena(descriptor, base, map.size(), capacity));
  made->reserve(0, map.names());
  arena_header& header = made->header();
  header.size = map.size();
  header.capacity = capacity;
  header.ranks = ranks;
  if (::getrandom(&header.cookie, sizeof header.cookie, 0) != sizeof header.cookie) {
    throw resource_error("can't draw random bytes: " + describe_errno(errno),
                         {.operation = "start"});
  }
  header.next_context.store(2, std::memory_order_relaxed);  // 0 and 1 are the world's
  header.magic = arena_magic;
  return made;
}

std::shared_ptr<arena> arena::open(int descriptor) {
  const auto refuse = [&](const std::string& why) {
    throw start_error("descriptor " + std::to_string(descriptor) +
                          " is not a job's shared memory: " + why +
                          "; a program between cohortrun and this one closed or reused it",
                      {.operation = "environment"});
  };
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) refuse(describe_errno(errno));
  if (facts.st_uid != ::geteuid()) refuse("it belongs to another user");
  arena_header header_copy_check{};
  // Only the words before the shared ones are looked at before the mapping is known to be right.
  const auto got = ::pread(descriptor, static_cast<void*>(&header_copy_check), 40, 0);
  if (got != 40 || header_copy_check.magic != arena_magic) refuse("wrong magic number");
  const std::uint32_t capacity = header_copy_check.capacity;
  if (capacity == 0 || capacity > max_members ||
      arena_map(capacity).size() != header_copy_check.size ||
      static_cast<std::uint64_t>(facts.st_size) != header_copy_check.size) {
    refuse("its layout is that of another version of cohort");
  }
  if (header_copy_check.ranks == 0 || header_copy_check.ranks > capacity) {
    refuse("it has more ranks than places for them");
  }
  if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) refuse(describe_errno(errno));
  std::byte* base = map_whole(descriptor, header_copy_check.size);
  return std::shared_ptr<arena>(new arena(descriptor, base, header_copy_check.size, capacity));
}

arena::~arena() {
  // In a fork()ed child the range was never mapped, and may hold something else by now.
  if (::getpid() == process_) ::munmap(base_, size_);
  ::close(descriptor_);
}

void arena::out_of_bounds(std::uint64_t offset, std::uint64_t bytes) const {
  throw resource_error(
      "a peer names " + std::to_string(bytes) + " bytes at offset " + std::to_string(offset) +
          " of the job's shared memory, where nothing can be; its memory is damaged",
      {.operation = "arena"});
}

void arena::reserve(std::uint64_t offset, std::uint64_t bytes) const {
  int failed = 0;
  do {
    failed = ::fallocate(descriptor_, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0
                 ? 0
                 : errno;
  } while (failed == EINTR);
  if (failed != 0) {
    throw resource_error("no memory for " + std::to_string(bytes) +
                             " more bytes of the job's shared memory: " + describe_errno(failed) +
                             "; free memory, or raise the limit of the container",
                         {.operation = "arena"});
  }
}

}  // namespace cohort::runtime
