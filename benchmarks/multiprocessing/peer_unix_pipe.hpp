// The layer over Unix pipes: for messages and, since the kernel keeps writes of up to 4 KiB whole,
// for queues of small items.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "multiprocessing/forked.hpp"

namespace layer {

class one_way {
 public:
  one_way() : ends_(open(), close) {
    // More than the default, so that writer and reader work at a time; 1 MiB would outgrow caches.
    check(fcntl((*ends_)[0], F_SETPIPE_SZ, 256 * 1024) != -1, "fcntl(F_SETPIPE_SZ)");
  }

  void write(std::span<const char> bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write((*ends_)[1], bytes.data(), bytes.size());
      check(written != -1, "write");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void read(std::span<char> bytes) const {
    while (!bytes.empty()) {
      const ssize_t got = ::read((*ends_)[0], bytes.data(), bytes.size());
      check(got != -1, "read");
      if (got == 0) throw std::runtime_error("the pipe has ended");
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  using descriptors = std::array<int, 2>;

  static descriptors* open() {
    auto ends = std::make_unique<descriptors>();
    check(pipe2(ends->data(), O_CLOEXEC) == 0, "pipe2");
    return ends.release();
  }
  static void close(descriptors* ends) {
    for (const int end : *ends) ::close(end);
    delete ends;
  }

  std::shared_ptr<descriptors> ends_;
};

class connection {
 public:
  connection(one_way in, one_way out) : in_(std::move(in)), out_(std::move(out)) {}

  void send(std::span<const char> bytes) const { out_.write(bytes); }
  void recv(std::span<char> bytes) const { in_.read(bytes); }

 private:
  one_way in_;
  one_way out_;
};

class pipe {
  one_way there_;
  one_way back_;

 public:
  connection first{back_, there_};
  connection second{there_, back_};
};

// Items of a size that divides a page are read whole too: a read holds the pipe's lock, and all
// writes are of that size.
template <class Item>
class queue {
 public:
  static_assert(4096 % sizeof(Item) == 0);
  queue(int, int) {}

  void put(const Item& item) const { pipe_.write(item); }
  void get(Item& item) const { pipe_.read(item); }

 private:
  one_way pipe_;
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
