// The layer over cohort.
#pragma once

#include <cohort/cohort.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace layer {

using cohort::environment;

// A process that runs `function(arguments...)`, which does not return, until the handle is gone.
class process {
 public:
  template <class Function, class... Arguments>
  explicit process(Function function, Arguments... arguments)
      : running_(function, std::move(arguments)...) {
    running_.start();
  }
  process(process&&) noexcept = default;
  process& operator=(process&&) = delete;
  ~process() {
    if (running_.pid() == 0) return;  // moved from
    running_.kill();
    running_.join();
  }

 private:
  cohort::process running_;
};

// One counter for each of some processes, on a line of its own. A copy means the same counters.
class counters {
 public:
  static constexpr std::size_t most = 8;

  // Each counter has one process that adds to it.
  void add(std::size_t index) const {
    std::atomic<std::uint64_t>& count = all_[words_in_line * index];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::uint64_t operator[](std::size_t index) const {
    return all_[words_in_line * index].load(std::memory_order_relaxed);
  }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& all_;
  }

 private:
  static constexpr std::size_t words_in_line = 8;
  cohort::shared_span<std::atomic<std::uint64_t>> all_{words_in_line * most};
};

// As many items may wait as in the peers' queues.
template <class Item>
class queue {
 public:
  queue() = default;
  queue(int, int) {}

  void put(const Item& item) { queue_.put(item); }
  void get(Item& item) { item = queue_.get(); }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& queue_;
  }

 private:
  cohort::queue<Item> queue_{4096};
};

template <class Item>
struct putter : queue<Item> {
  putter(const queue<Item>& queue, int) : layer::queue<Item>(queue) {}
};

template <class Item>
struct getter : queue<Item> {
  getter(const queue<Item>& queue, int) : layer::queue<Item>(queue) {}
};

class connection {
 public:
  connection() = default;
  explicit connection(cohort::connection end) : end_(std::move(end)) {}

  void send(std::span<const char> bytes) { end_.send_bytes(std::as_bytes(bytes)); }
  void recv(std::span<char> bytes) { end_.recv_bytes_into(std::as_writable_bytes(bytes)); }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& end_;
  }

 private:
  cohort::connection end_;
};

struct pipe {
  pipe() {
    auto [a, b] = cohort::pipe();
    first = connection(std::move(a));
    second = connection(std::move(b));
  }

  connection first;
  connection second;
};

// An owner that was killed, once the figure was taken, has left nothing to repair.
class mutex {
 public:
  void lock() {
    try {
      mutex_.lock();
    } catch (const cohort::owner_died& news) {
      news.repaired();
      mutex_.lock();
    }
  }
  void unlock() { mutex_.unlock(); }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& mutex_;
  }

 private:
  cohort::mutex mutex_;
};

inline void run(char* path) {
  cohort::run({path}).check();
}

}  // namespace layer
