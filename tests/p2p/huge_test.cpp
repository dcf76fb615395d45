// Messages of more than 4 GiB, in one copy and in blocks. Neither side has that much memory: each
// maps a small piece again and again, pieces of two sizes, so that what is left at the end tells
// where every byte went.
#include "support/ranked.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = (std::size_t{4} << 30) + 12345;
constexpr std::size_t period_sent = std::size_t{16} << 20;
constexpr std::size_t period_received = std::size_t{20} << 20;

// `size` bytes of address space and `period` bytes of memory.
class repeated_memory {
 public:
  explicit repeated_memory(std::size_t period) : length_((size / period + 1) * period) {
    const int file = ::memfd_create("repeated", MFD_CLOEXEC);
    if (file < 0) fail("memfd_create");
    if (::ftruncate(file, static_cast<off_t>(period)) != 0) fail("ftruncate");
    void* base =
        ::mmap(nullptr, length_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) fail("mmap");
    bytes_ = static_cast<std::uint8_t*>(base);
    for (std::size_t at = 0; at < length_; at += period) {
      if (::mmap(bytes_ + at, period, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) ==
          MAP_FAILED) {
        fail("mmap");
      }
    }
    ::close(file);
  }
  ~repeated_memory() { ::munmap(bytes_, length_); }
  repeated_memory(const repeated_memory&) = delete;
  repeated_memory& operator=(const repeated_memory&) = delete;

  std::span<std::uint8_t> all() const { return {bytes_, size}; }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  std::size_t length_;
  std::uint8_t* bytes_ = nullptr;
};

std::uint8_t content(std::size_t position) {
  const auto x = static_cast<std::uint32_t>(position % period_sent);
  return static_cast<std::uint8_t>((x * 2654435761u) >> 24);
}

void pass(const communicator& world) {
  if (world.rank() == 0) {
    const repeated_memory memory(period_sent);
    for (std::size_t i = 0; i < period_sent; ++i) memory.all()[i] = content(i);
    world.send(1, 1, std::span<const std::uint8_t>(memory.all()));
  } else if (world.rank() == 1) {
    const repeated_memory memory(period_received);
    EXPECT_EQ(world.probe(0, 1).bytes(), size);
    // With a deadline, so that it is copied by the receiver alone and from the front to the end.
    EXPECT_EQ(world.recv(0, 1, memory.all(), within(1h)).count<std::uint8_t>(), size);
    std::size_t wrong = 0;
    for (std::size_t position = size - period_received; position < size; ++position) {
      wrong += memory.all()[position] != content(position);
    }
    EXPECT_EQ(wrong, 0u);
  }
}

}  // namespace

RANKED_TEST(huge, single_copy, .ranks = 2, .minutes = 5) {
  pass(world);
}
RANKED_TEST(huge, streamed, .ranks = 2, .setting = "COHORT_SINGLE_COPY=0", .minutes = 5) {
  pass(world);
}

}  // namespace cohort::test
