// Reads a portion, writes it to every receiver, and only then reads the next.
#include "launcher/input.hpp"

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace cohort::launcher {

input::~input() {
  stop();
}

void input::add(unique_descriptor pipe) {
  set_nonblocking(pipe);
  receivers_.push_back({std::move(pipe)});
}

void input::start() {
  if (receivers_.empty()) return;
  own_ = reopen_nonblocking(STDIN_FILENO, O_RDONLY);
  if (own_) source_ = own_.get();
  read_more();
}

void input::stop() {
  for (receiver& each : receivers_) drop(each);
  receivers_.clear();
  if (watching_source_) loop_.forget(source_);
  watching_source_ = false;
}

// A background job that reads its terminal is stopped by the kernel.
bool input::in_background() const {
  const pid_t foreground = ::tcgetpgrp(STDIN_FILENO);
  return foreground >= 0 && foreground != ::getpgrp();
}

void input::read_more() {
  if (watching_source_) return;
  watching_source_ = loop_.watch(source_, EPOLLIN, [this](std::uint32_t) { read_now(); });
  // A file is always ready. Read it from the loop, so that a long one does not hold up all else.
  if (!watching_source_) loop_.after(event_loop::clock::duration(0), [this] { read_now(); });
}

void input::read_now() {
  if (receivers_.empty()) return;
  if (watching_source_) loop_.forget(source_);
  watching_source_ = false;
  if (in_background()) {
    // Nobody tells a process that it has come to the foreground, so look again now and then.
    loop_.after(std::chrono::milliseconds(500), [this] { read_more(); });
    return;
  }
  portion_.resize(portion);
  ssize_t count;
  while ((count = ::read(source_, portion_.data(), portion_.size())) < 0 && errno == EINTR) {
  }
  if (count < 0 && errno == EAGAIN) {
    read_more();
    return;
  }
  if (count <= 0) {  // the end; an error of the source's (a hung-up terminal) ends it as well
    stop();
    return;
  }
  portion_.resize(static_cast<std::size_t>(count));
  for (receiver& each : receivers_) each.taken = 0;
  distribute();
}

void input::distribute() {
  bool waiting = false;
  for (receiver& each : receivers_) {
    while (each.pipe && each.taken < portion_.size()) {
      const ssize_t count =
          ::write(each.pipe.get(), portion_.data() + each.taken, portion_.size() - each.taken);
      if (count >= 0) {
        each.taken += static_cast<std::size_t>(count);
      } else if (errno == EAGAIN) {
        break;
      } else if (errno != EINTR) {
        drop(each);  // its reader has gone
      }
    }
    const bool full = each.pipe && each.taken < portion_.size();
    waiting = waiting || full;
    if (full == each.watching || !each.pipe) continue;
    each.watching = full;
    if (full) {
      loop_.watch(each.pipe.get(), EPOLLOUT, [this](std::uint32_t) { distribute(); });
    } else {
      loop_.forget(each.pipe.get());
    }
  }
  std::erase_if(receivers_, [](const receiver& each) { return !each.pipe; });
  if (!waiting) read_more();
}

void input::drop(receiver& which) {
  if (which.watching) loop_.forget(which.pipe.get());
  which.watching = false;
  which.pipe.reset();
}

}  // namespace cohort::launcher
