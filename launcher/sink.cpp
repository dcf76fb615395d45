// Writes output as fast as its consumer takes it.
#include "launcher/sink.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace cohort::launcher {

sink::sink(event_loop& loop, int descriptor, std::function<void()> on_change)
    : loop_(loop),
      descriptor_(descriptor),
      own_(reopen_nonblocking(descriptor, O_WRONLY)),
      terminal_(::isatty(descriptor) == 1),
      manner_(manner::careful),
      on_change_(std::move(on_change)) {
  struct stat status {};
  if (own_) {
    descriptor_ = own_.get();
    manner_ = manner::non_blocking;
  } else if (::fstat(descriptor, &status) == 0) {
    if (S_ISSOCK(status.st_mode)) manner_ = manner::socket;
    if (S_ISREG(status.st_mode)) manner_ = manner::straight;
  }
}

sink::~sink() {
  if (watching_) loop_.forget(descriptor_);
}

void sink::write(std::string_view text) {
  if (closed_) return;
  pending_ += text;
  if (!watching_) flush();
}

ssize_t sink::write_some() {
  const char* from = pending_.data() + written_;
  const std::size_t left = backlog();
  if (manner_ == manner::socket) {
    return ::send(descriptor_, from, left, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  if (manner_ == manner::careful) {
    pollfd room{descriptor_, POLLOUT, 0};
    if (::poll(&room, 1, 0) == 0) {
      errno = EAGAIN;
      return -1;
    }
    // Where poll says that there is room, there is room for this much.
    return ::write(descriptor_, from, std::min<std::size_t>(left, PIPE_BUF));
  }
  return ::write(descriptor_, from, left);
}

void sink::flush() {
  while (backlog() > 0) {
    const ssize_t count = write_some();
    if (count >= 0) {
      written_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      // Keeps what is left from moving to the front for every few bytes that are taken.
      if (written_ > pending_.size() / 2) {
        pending_.erase(0, written_);
        written_ = 0;
      }
      wait_for_room();
      return;
    } else if (errno != EINTR) {
      // The reader is gone, or the disk is full: more would fail alike.
      closed_ = true;
      break;
    }
  }
  pending_.clear();
  written_ = 0;
  if (watching_) {
    loop_.forget(descriptor_);
    watching_ = false;
  }
  // Later, since a producer may be in the middle of writing.
  if (closed_) loop_.after(event_loop::clock::duration(0), on_change_);
}

void sink::wait_for_room() {
  if (watching_) return;
  watching_ = loop_.watch(descriptor_, EPOLLOUT, [this](std::uint32_t) {
    flush();
    if (!congested() && !closed_) on_change_();
  });
}

}  // namespace cohort::launcher
