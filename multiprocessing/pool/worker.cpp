#include "multiprocessing/pool/worker.hpp"

#include <cohort/archive.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/this_task.hpp>

#include "multiprocessing/family/proc_stat.hpp"
#include "runtime/system.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <utility>

namespace cohort::multiprocessing {

using detail::gathered_bytes;
using detail::outcome_kind;
using detail::task_progress;

namespace {

thread_local worker* this_worker = nullptr;
thread_local bool executing = false;

constexpr std::int64_t memory_interval = 10'000'000;  // ns between two looks without a limit

template <class T>
T& in_pool(const participant& me, const worker_start& start, std::uint64_t offset) {
  return *me.shared().memory().at<T>(start.object + offset);
}

// One page that a fork()ed copy of this process finds zeroed.
std::byte* make_original_page() {
  void* made = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED || ::madvise(made, page, MADV_WIPEONFORK) != 0) {
    throw resource_error("can't set a page of memory apart: " + runtime::describe_errno(errno),
                         {.operation = "pool"});
  }
  *static_cast<std::byte*>(made) = std::byte{1};
  return static_cast<std::byte*>(made);
}

}  // namespace

void worker_main::operator()(const worker_start& start) const {
  worker(start).run();
}

worker::worker(const worker_start& start)
    : start_(start),
      me_(current_participant("pool", call(call_site::unknown()))),
      pool_(in_pool<pool_layout>(*me_, start, 0)),
      lane_(in_pool<lane_layout>(*me_, start, pool_map::lane(start.lane))),
      tasks_(*me_, {start.index, start.generation},
             in_pool<ring_header>(*me_, start, pool_map::tasks(start.lane))),
      results_(*me_, {start.index, start.generation},
               in_pool<ring_header>(*me_, start, pool_map::results(start.lane))),
      original_page_(make_original_page()) {
  area_ = &in_pool<std::byte>(*me_, start, pool_map::area(start.lane));
  area_bytes_ = pool_map::area_bytes;
  original_ = reinterpret_cast<const volatile unsigned char*>(original_page_);
  progress_ = &lane_.status.progress;
  word_ = progress_->load(std::memory_order_relaxed);
  results_.adopt();
  this_worker = this;
}

worker::~worker() {
  this_worker = nullptr;
  ::munmap(original_page_, page);
}

// What a worker sleeps on: more tasks.
class worker::sleep final : public runtime::sleep_plan {
 public:
  explicit sleep(worker& sleeper) : sleeper_(sleeper) {}
  bool arm(runtime::watched_words& words) override {
    shared_u32& asleep = sleeper_.lane_.tasks_come.asleep;
    asleep.store(1, std::memory_order_seq_cst);
    words.add(asleep, 1);
    return sleeper_.tasks_.readable();
  }
  void disarm() override { sleeper_.lane_.tasks_come.asleep.store(0, std::memory_order_seq_cst); }

 private:
  worker& sleeper_;
};

void worker::run() {
  if (!initialize()) return;
  sleep plan(*this);
  const runtime::wait_reason why{"pool", runtime::no_peer, 0, 0, call_site::unknown()};
  for (;;) {
    record next;
    if (!tasks_.front(next)) {
      me_->wait(
          plan, [&] { return tasks_.readable(); }, why, deadline());
      continue;
    }
    if (static_cast<task_record>(next.type) == task_record::finish) {
      tasks_.pop(next);
      break;
    }
    execute(next);
    tasks_.pop(next);
    if (worn_out()) {
      send(result_record::leaving, nullptr, 0);
      break;
    }
  }
  lane_.status.phase.store(worker_phase::leaving, std::memory_order_release);
}

// False: it has thrown, which the pool is told.
bool worker::initialize() {
  std::exception_ptr thrown;
  try {
    if (!start_.initializer.empty()) {
      packed_iarchive archive{std::span<const std::byte>(start_.initializer)};
      packed_oarchive no_result;
      const detail::shipped_callable initializer(archive);
      initializer(archive, no_result);
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  require_own_process();
  if (thrown) {
    packed_oarchive archive;
    detail::encode_error(archive, thrown);
    send(result_record::broken, archive.bytes().data(), archive.bytes().size());
    return false;
  }
  lane_.status.phase.store(worker_phase::ready, std::memory_order_release);
  send(result_record::ready, nullptr, 0);
  return true;
}

// `current` says that the work is begun; that store and the look at what is recalled, and the
// pool's recall and its look at `current`, are sequentially consistent: the pool takes only works
// back that this process will see recalled.
void worker::execute(const record& task) {
  packed_iarchive archive(std::span(task.data, static_cast<std::size_t>(task.bytes)));
  work_head head{};
  archive.load_binary(&head, sizeof head, "task");
  number_ = head.number;
  first_ = done_ = head.first;
  end_ = head.end;
  used_ = 0;
  finished_ = false;
  limited_ = head.limited != 0;
  soft_limit_ = head.soft_limit;
  worker_status& status = lane_.status;
  status.area_base.store(first_, std::memory_order_relaxed);
  begun_ = item_started_ = runtime::steady_now();
  if (limited_)
    status.item_started.store(static_cast<std::uint64_t>(begun_), std::memory_order_relaxed);
  publish_progress();
  status.current.store(number_, std::memory_order_seq_cst);
  const std::uint64_t recalled = lane_.recalled.load(std::memory_order_seq_cst);
  const auto from = static_cast<std::uint32_t>(recalled >> 32);
  const auto to = static_cast<std::uint32_t>(recalled);
  if (number_ - from < to - from) [[unlikely]] {
    keep_callable(head, archive);
    send(result_record::skipped, &number_, sizeof number_);
    return;
  }
  executing = true;
  execute_items(head, archive);
  executing = false;
  executed_ += end_ - first_;
  const std::int64_t now = runtime::steady_now();
  if (!finished_) send_outcomes(true, now - begun_);
  if (start_.memory_limit != 0 || now - memory_seen_ > memory_interval) look_at_memory(now);
}

// A work that is skipped may have brought the callable of works to come.
void worker::keep_callable(const work_head& head, packed_iarchive& archive) {
  if (head.callable == 0 || head.place >= callable_places) return;
  try {
    callable(head, archive);
  } catch (...) {  // NOLINT(bugprone-empty-catch): those works say that it is missing
  }
}

void worker::execute_items(const work_head& head, packed_iarchive& archive) {
  std::exception_ptr thrown;
  try {
    packed_oarchive unused;
    if (head.place < callable_places) {
      callable(head, archive)(archive, unused);
    } else {
      packed_iarchive state(std::span(archive.take(head.callable, "callable"), head.callable));
      const detail::shipped_callable once(state);
      once(archive, unused);
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  // The callable itself can't be decoded, or an outcome finds no memory.
  while (thrown && done_ != end_) error(thrown);
}

detail::shipped_callable& worker::callable(const work_head& head, packed_iarchive& archive) {
  auto& place = callables_[head.place];
  if (head.callable != 0) {
    place.reset();
    packed_iarchive state(std::span(archive.take(head.callable, "callable"), head.callable));
    place.emplace(state);
  }
  if (!place) {
    throw callable_error("the function could not be decoded when it came", {.operation = "pool"});
  }
  return *place;
}

void worker::flush() {
  send_outcomes(false, 0);
  used_ = 0;
  // An area that begins where nothing is done yet holds nothing, whichever of the two is seen.
  lane_.status.area_base.store(done_, std::memory_order_release);
  publish_progress();
}

void worker::send_outcomes(bool last, std::int64_t nanoseconds) {
  const std::uint32_t base = lane_.status.area_base.load(std::memory_order_relaxed);
  const outcomes_head head{number_, base, done_ - base, last ? 1u : 0u, nanoseconds};
  const record_room room =
      results_.begin(static_cast<std::uint32_t>(result_record::outcomes), sizeof head + used_);
  std::memcpy(room.data, &head, sizeof head);
  std::memcpy(room.data + sizeof head, area_, used_);
  publish(room);
}

void worker::send_long(outcome_kind kind, const gathered_bytes& outcome) {
  if (used_ != 0) flush();
  const bool last = done_ + 1 == end_;
  if (limited_) note_time();
  const outcomes_head head{number_, done_, 1, last ? 1u : 0u,
                           last ? runtime::steady_now() - begun_ : 0};
  const record_room room = results_.begin(static_cast<std::uint32_t>(result_record::outcomes),
                                          sizeof head + 1 + outcome.size());
  std::memcpy(room.data, &head, sizeof head);
  room.data[sizeof head] = static_cast<std::byte>(kind);
  outcome.copy_to(room.data + sizeof head + 1);
  publish(room);
  finished_ = last;
  ++done_;
  lane_.status.area_base.store(done_, std::memory_order_release);
  publish_progress();
}

void worker::send(result_record type, const void* bytes, std::size_t count) {
  const record_room room = results_.begin(static_cast<std::uint32_t>(type), count);
  if (count != 0) std::memcpy(room.data, bytes, count);
  publish(room);
}

void worker::publish(const record_room& room) {
  results_.publish(room);
  pool_.service.ring();
  pool_.helper.ring();
}

void worker::await_end() noexcept {
  for (;;) ::pause();
}

void worker::leave_copy() noexcept {
  std::fflush(nullptr);
  ::_exit(0);
}

void worker::note_time() noexcept {
  item_started_ = runtime::steady_now();
  // Before the item before is committed: whoever sees the next one begun sees no earlier time.
  lane_.status.item_started.store(static_cast<std::uint64_t>(item_started_),
                                  std::memory_order_release);
}

bool worker::past_soft_limit() const noexcept {
  return executing && soft_limit_ != 0 && runtime::steady_now() - item_started_ >= soft_limit_;
}

void worker::look_at_memory(std::int64_t now) {
  memory_seen_ = now;
  const auto self = read_proc_stat(::getpid());
  if (!self) return;
  memory_ = self->resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  lane_.status.memory.store(memory_, std::memory_order_relaxed);
}

bool worker::worn_out() const noexcept {
  return (start_.tasks_limit != 0 && executed_ >= start_.tasks_limit) ||
         (start_.memory_limit != 0 && memory_ > start_.memory_limit);
}

}  // namespace cohort::multiprocessing

namespace cohort {

bool this_task::cancelled() noexcept {
  return multiprocessing::this_worker && multiprocessing::this_worker->past_soft_limit();
}

namespace detail {

task_reply& task_reply::current() {
  if (!multiprocessing::this_worker || !multiprocessing::executing) {
    throw usage_error("this code is for the workers of a pool", {.operation = "pool"});
  }
  return *multiprocessing::this_worker;
}

void task_reply::put_gathered(outcome_kind kind) {
  if (1 + gathered_.size() > area_bytes_ / 4) {
    send_long(kind, gathered_);
    return;
  }
  room_for(1 + gathered_.size());
  put(kind);
  gathered_.copy_to(area_ + used_);
  used_ += static_cast<std::uint32_t>(gathered_.size());
  commit();
}

void task_reply::error(const std::exception_ptr& why) {
  require_own_process();
  gathered_.clear();
  const std::size_t length = gathered_.reserve_number();
  packed_oarchive archive(gathered_.own());
  encode_error(archive, why);
  gathered_.set_number(length, gathered_.size() - sizeof(std::uint64_t));
  put_gathered(outcome_kind::error);
}

}  // namespace detail
}  // namespace cohort
