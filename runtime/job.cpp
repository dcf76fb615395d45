#include "runtime/job.hpp"

#include <cohort/error.hpp>

#include "runtime/settings.hpp"
#include "runtime/system.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace cohort::runtime {

job job::create(const options& wanted) {
  auto memory = arena::create(wanted.ranks);
  arena_header& header = memory->header();
  header.processors = std::max<std::uint32_t>(1, wanted.processors);
  const std::size_t length = std::min(wanted.host.size(), sizeof header.host - 1);
  std::memcpy(header.host, wanted.host.data(), length);
  // All senders must agree before the first message. What works here works in the ranks: they run
  // on this kernel, under this filter.
  const bool wanted_here = settings::from_environment().membarrier;
  header.fences = wanted_here && membarrier_register() && membarrier_everywhere() ? 0 : 1;
  return job(std::move(memory));
}

std::uint32_t job::ranks() const {
  return memory_->header().ranks;
}

std::string job::start_variable(std::uint32_t rank, int arena_descriptor,
                                int control_descriptor) const {
  return std::to_string(rank) + "," + std::to_string(arena_descriptor) + "," +
         std::to_string(control_descriptor);
}

void job::show_on_terminal(std::uint32_t rank, int standard_descriptor, int pipe) {
  memory_->member(rank).shown_pipes[standard_descriptor - STDOUT_FILENO].store(
      pipe_inode(pipe), std::memory_order_relaxed);
}

member_state job::state(std::uint32_t rank) const {
  return memory_->member(rank).state.load(std::memory_order_acquire);
}

std::int32_t job::pid(std::uint32_t rank) const {
  return memory_->member(rank).pid.load(std::memory_order_acquire);
}

std::string job::last_words(std::uint32_t rank) const {
  const char* words = memory_->member(rank).last_words;
  return std::string(words, ::strnlen(words, sizeof(member_entry::last_words)));
}

std::optional<seen_wait> job::waiting(std::uint32_t rank) const {
  return read_wait(*memory_, rank);
}

bool job::aborted() const {
  return memory_->header().aborted.load(std::memory_order_acquire) != 0;
}

void job::publish_death(std::uint32_t rank, int wait_status) {
  end_member(*memory_, rank, member_state::dead, wait_status);
}

}  // namespace cohort::runtime
