// The layer over ZeroMQ's push and pull sockets on the ipc transport: every putter binds an
// address, every getter connects to all of them, and items spread without a process in between.
#pragma once

#include <unistd.h>

#include <random>
#include <stdexcept>
#include <string>
#include <zmq.hpp>

#include "multiprocessing/forked.hpp"

namespace layer {

// The addresses. Sockets can't be inherited, so that each process makes its own.
template <class Item>
class queue {
 public:
  queue(int putters, int) : putters_(putters), name_(unique()) {}

  int putters() const { return putters_; }
  // In the abstract namespace, where nothing is left behind.
  std::string address(int putter) const { return "ipc://@" + name_ + std::to_string(putter); }

 private:
  static std::string unique() {
    return "bench_queue." + std::to_string(getpid()) + '.' +
           std::to_string(std::random_device()()) + '.';
  }

  int putters_;
  std::string name_;
};

template <class Item>
class putter {
 public:
  putter(const queue<Item>& queue, int index) { socket_.bind(queue.address(index)); }

  void put(const Item& item) { socket_.send(zmq::const_buffer(item.data(), sizeof(Item))); }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_{context_, zmq::socket_type::push};
};

template <class Item>
class getter {
 public:
  getter(const queue<Item>& queue, int) {
    socket_.set(zmq::sockopt::reconnect_ivl, 1);  // ms: putters may bind later
    for (int putter = 0; putter != queue.putters(); ++putter)
      socket_.connect(queue.address(putter));
  }

  void get(Item& item) {
    const auto size = socket_.recv(zmq::mutable_buffer(item.data(), sizeof(Item)));
    if (!size || size->size != sizeof(Item)) throw std::runtime_error("an item of another size");
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_{context_, zmq::socket_type::pull};
};

}  // namespace layer
