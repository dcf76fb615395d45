// A pool's worker: the process that executes what comes along its lane.
#pragma once

#include <cohort/detail/callable_thunk.hpp>
#include <cohort/multiprocessing/detail/task_reply.hpp>

#include "multiprocessing/pool/lane_layout.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cohort::multiprocessing {

// What a worker is started with.
struct worker_start {
  std::uint64_t object = 0;  // the pool's, as an offset in the arena
  std::uint32_t index = 0;   // its name in the table of objects
  std::uint32_t generation = 0;
  std::uint32_t lane = 0;
  std::uint64_t tasks_limit = 0;
  std::uint64_t memory_limit = 0;
  std::vector<std::byte> initializer;  // a shipped_callable and its arguments; empty: none

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& object& index& generation& lane& tasks_limit& memory_limit& initializer;
  }
};

// What is shipped to the process that becomes a worker.
struct worker_main {
  void operator()(const worker_start& start) const;
};

class worker final : public detail::task_reply {
 public:
  explicit worker(const worker_start& start);
  ~worker() override;

  void run();

  // For this_task.
  bool past_soft_limit() const noexcept;

 private:
  class sleep;

  void flush() override;
  void send_long(detail::outcome_kind kind, const detail::gathered_bytes& outcome) override;
  void await_end() noexcept override;
  void leave_copy() noexcept override;
  void note_time() noexcept override;

  bool initialize();
  void execute(const record& task);
  void execute_items(const work_head& head, packed_iarchive& archive);
  void keep_callable(const work_head& head, packed_iarchive& archive);
  detail::shipped_callable& callable(const work_head& head, packed_iarchive& archive);
  void send_outcomes(bool last, std::int64_t nanoseconds);
  void send(result_record type, const void* bytes, std::size_t count);
  void publish(const record_room& room);
  void look_at_memory(std::int64_t now);
  bool worn_out() const noexcept;

  const worker_start& start_;
  const std::shared_ptr<participant> me_;
  pool_layout& pool_;
  lane_layout& lane_;
  ring tasks_;
  ring results_;
  std::byte* original_page_ = nullptr;
  std::array<std::optional<detail::shipped_callable>, callable_places> callables_;
  bool finished_ = false;  // all outcomes of the work are published
  std::uint64_t executed_ = 0;
  std::uint64_t memory_ = 0;
  std::int64_t memory_seen_ = 0;
  std::int64_t begun_ = 0;  // the work
  std::int64_t item_started_ = 0;
  std::int64_t soft_limit_ = 0;
};

}  // namespace cohort::multiprocessing
