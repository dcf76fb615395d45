// This process's way to a manager's server.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/call.hpp>

#include "multiprocessing/manager/layout.hpp"
#include "multiprocessing/memory/attachment.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace cohort::multiprocessing {

// Shared by all proxies of this process. Its lane is opened by the first call. One thread calls at
// a time: the server does not carry out more.
class manager_link {
 public:
  // The process's own, made on first use.
  static std::shared_ptr<manager_link> of(const object_ref& manager);

  explicit manager_link(object_ref manager) : manager_(std::move(manager)) {}
  ~manager_link();
  manager_link(const manager_link&) = delete;
  manager_link& operator=(const manager_link&) = delete;

  const object_ref& manager() const { return manager_; }
  manager_state& state() const { return manager_->payload_as<manager_state>(); }

  // Sends a request and replaces it by the answer; returns the result in it. Throws what
  // proxy::call throws.
  std::span<const std::byte> exchange(byte_buffer& bytes, const call& where);
  // This process has no proxy of some object any more.
  void lease_dropped() noexcept;
  void stop() noexcept;

 private:
  participant& me() const { return manager_->owner(); }
  void check_usable(const call& where) const;
  lane_state& lane() const { return lane_->payload_as<lane_state>(); }
  void open_lane();
  bool server_lives() const;
  // Whether there was no memory for the answer to the last request.
  bool is_unanswered() const { return lane().unanswered.load(std::memory_order_seq_cst) == sent_; }
  bool receive(record& answer);
  void wait_for_room(const call& where);
  void send(const byte_buffer& bytes);
  record wait_for_answer(const call& where);
  [[noreturn]] void throw_ended(const call& where) const;
  [[noreturn]] void throw_late(const call& where) const;
  std::span<const std::byte> result_in(byte_buffer& bytes, const call& where) const;

  object_ref manager_;
  lock_word turn_{0};  // of the thread that calls
  object_ref lane_;
  std::optional<ring> requests_;
  std::optional<ring> answers_;
  std::uint32_t sent_ = 0;      // the number of the last request
  std::uint32_t answered_ = 0;  // of the last answer that was seen
};

}  // namespace cohort::multiprocessing
