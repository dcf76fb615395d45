// The layer over Boost.Interprocess's message_queue.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "multiprocessing/forked.hpp"

namespace layer {

// Forked processes inherit the mapping, so that the name is gone at once. A copy is the same queue.
template <class Item>
class queue {
 public:
  queue(int, int) {
    using namespace boost::interprocess;
    const std::string name = "bench_queue." + std::to_string(getpid());
    message_queue::remove(name.c_str());
    queue_ = std::make_shared<message_queue>(create_only, name.c_str(), capacity, sizeof(Item));
    message_queue::remove(name.c_str());
  }

  void put(const Item& item) { queue_->send(item.data(), sizeof(Item), 0); }
  void get(Item& item) {
    std::size_t size = 0;
    unsigned priority = 0;
    queue_->receive(item.data(), sizeof(Item), size, priority);
  }

 private:
  // Larger queues are no faster, and slower where they outgrow the caches.
  static constexpr std::size_t capacity = std::min<std::size_t>(4096, 1024 * 1024 / sizeof(Item));
  std::shared_ptr<boost::interprocess::message_queue> queue_;
};

template <class Item>
struct putter : queue<Item> {
  putter(const queue<Item>& queue, int) : layer::queue<Item>(queue) {}
};

template <class Item>
struct getter : queue<Item> {
  getter(const queue<Item>& queue, int) : layer::queue<Item>(queue) {}
};

}  // namespace layer
