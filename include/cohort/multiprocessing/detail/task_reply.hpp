// Where a worker's code leaves the outcomes of the items that it executes: in memory that the
// parent reads when the worker has died, too.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/multiprocessing/detail/gathered_bytes.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>

namespace cohort::detail {

// How far the execution of one piece of work is, in one word, so that one store commits an item
// with its outcome: which work (the low bits of its number), how many of its items are done, and
// how many bytes of outcomes stand in the worker's area. The parent sets `condemned` when it is
// about to kill the worker, by compare-and-swap: then the item behind has not ended, and never
// will.
struct task_progress {
  std::uint32_t number = 0;
  std::uint32_t items = 0;
  std::uint32_t bytes = 0;
  bool condemned = false;

  static constexpr unsigned item_bits = 28;
  static constexpr unsigned byte_bits = 20;
  static constexpr unsigned number_bits = 15;
  static constexpr std::uint64_t condemned_bit = std::uint64_t{1} << 63;
  static constexpr std::uint32_t most_items = (1u << item_bits) - 1;

  static constexpr std::uint32_t short_number(std::uint32_t number) {
    return number & ((1u << number_bits) - 1);
  }
  constexpr std::uint64_t word() const {
    return (condemned ? condemned_bit : 0) | std::uint64_t{short_number(number)} << 48 |
           std::uint64_t{items} << byte_bits | bytes;
  }
  static constexpr task_progress of(std::uint64_t word) {
    return {static_cast<std::uint32_t>(word >> 48) & ((1u << number_bits) - 1),
            static_cast<std::uint32_t>(word >> byte_bits) & most_items,
            static_cast<std::uint32_t>(word) & ((1u << byte_bits) - 1),
            (word & condemned_bit) != 0};
  }
};
static_assert(task_progress::item_bits + task_progress::byte_bits == 48);

// What stands in front of each outcome. Behind it: a value's bytes, with their length in front
// unless that is fixed; an error, with its length; nothing.
enum class outcome_kind : std::uint8_t { value, error, not_sent };

// One piece of work's outcomes. The code for a type of calls (task_thunk) gives them one by one, in
// order. All but own_process() and what it needs is the worker's.
class task_reply {
 public:
  virtual ~task_reply() = default;
  task_reply() = default;
  task_reply(const task_reply&) = delete;
  task_reply& operator=(const task_reply&) = delete;

  // That of the work which this thread executes. Throws usage_error where it executes none.
  static task_reply& current();

  // The items that are to be executed: from first() to end().
  std::uint32_t first() const noexcept { return first_; }
  std::uint32_t end() const noexcept { return end_; }

  void value() {
    require_own_process();
    room_for(1);
    put(outcome_kind::value);
    commit();
  }
  template <class R>
  void value(const R& result) {
    require_own_process();
    if constexpr (is_fixed_part<R>) {
      room_for(1 + sizeof(R));
      put(outcome_kind::value);
      std::memcpy(area_ + used_, std::addressof(result), sizeof(R));
      used_ += static_cast<std::uint32_t>(sizeof(R));
      commit();
    } else {
      gathered_.clear();
      gather_item(gathered_, result);
      put_gathered(outcome_kind::value);
    }
  }
  void error(const std::exception_ptr& why);
  void not_sent() {
    require_own_process();
    room_for(1);
    put(outcome_kind::not_sent);
    commit();
  }

 protected:
  // Publishes what stands in the area, and begins it anew.
  virtual void flush() = 0;
  // Publishes the outcome of one item that is too long for the area.
  virtual void send_long(outcome_kind kind, const gathered_bytes& outcome) = 0;
  // The parent is about to kill this process.
  [[noreturn]] virtual void await_end() noexcept = 0;
  // A fork()ed child has come back from the function of the task: it is nobody here.
  [[noreturn]] virtual void leave_copy() noexcept = 0;
  virtual void note_time() noexcept = 0;

  void require_own_process() {
    if (*original_ == 0) [[unlikely]]
      leave_copy();
  }
  void room_for(std::size_t bytes) {
    if (bytes > area_bytes_ - used_) [[unlikely]]
      flush();
  }
  void put(outcome_kind kind) { area_[used_++] = static_cast<std::byte>(kind); }
  void put_gathered(outcome_kind kind);
  // One more item is done. Release: its outcome is read by whoever sees it counted.
  void commit() {
    if (limited_) [[unlikely]]
      note_time();
    ++done_;
    publish_progress();
  }
  void publish_progress() {
    const std::uint64_t next = task_progress{number_, done_, used_}.word();
    if (!progress_->compare_exchange_strong(word_, next, std::memory_order_seq_cst)) [[unlikely]]
      await_end();
    word_ = next;
  }

  std::byte* area_ = nullptr;
  std::uint32_t area_bytes_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t number_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t done_ = 0;
  std::uint32_t end_ = 0;
  bool limited_ = false;
  const volatile unsigned char* original_ = nullptr;  // memory that is zero in a fork()ed copy
  std::atomic<std::uint64_t>* progress_ = nullptr;
  std::uint64_t word_ = 0;  // what this process has stored there
  gathered_bytes gathered_;
};

// Errors between processes: appends what `why` is, and makes it again. Never throws what it reads.
void encode_error(packed_oarchive& archive, const std::exception_ptr& why);
std::exception_ptr decode_error(packed_iarchive& archive);

}  // namespace cohort::detail
