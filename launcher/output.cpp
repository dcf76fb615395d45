// Assembles lines.
#include "launcher/output.hpp"

#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace cohort::launcher {

namespace {

bool same_place(int a, int b) {
  struct stat first {
  }, second{};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// A line that is drawn over itself (a progress bar) returns to its start, by '\r' without '\n', for
// each drawing. Where the last complete drawing ends in `text`; 0: nowhere.
std::size_t end_of_drawing(std::string_view text) {
  for (std::size_t at = text.size(); (at = text.rfind('\r', at)) != std::string_view::npos; --at) {
    if (at == 0) return 0;
    // Of a '\r' that comes last it is not known yet whether a '\n' follows.
    if (at + 1 < text.size() && text[at + 1] != '\n') return at;
  }
  return 0;
}

std::string tag_of(std::uint32_t rank, output::channel which) {
  return "[1," + std::to_string(rank) +
         (which == output::channel::standard_output ? "]<stdout>:" : "]<stderr>:");
}

}  // namespace

output::output(event_loop& loop, bool tagged) : loop_(loop), tagged_(tagged) {
  const auto changed = [this] {
    close_abandoned();
    pass_on_those_that_wait();
  };
  sinks_[0] = std::make_shared<sink>(loop, STDOUT_FILENO, changed);
  tails_[0] = std::make_shared<tail>();
  if (same_place(STDOUT_FILENO, STDERR_FILENO)) {
    sinks_[1] = sinks_[0];
    tails_[1] = tails_[0];
  } else {
    sinks_[1] = std::make_shared<sink>(loop, STDERR_FILENO, changed);
    tails_[1] = std::make_shared<tail>();
  }
}

output::~output() {
  for (auto& s : streams_) close(*s);
}

void output::add(std::uint32_t rank, channel which, unique_descriptor pipe) {
  set_nonblocking(pipe);
  streams_.push_back(std::make_unique<stream>(
      stream{rank, which, std::move(pipe), {}, {}, std::nullopt, false, false}));
  watch_or_pause(*streams_.back());
}

void output::message(std::string_view text) {
  tail& seen = *tails_[1];
  if (seen.unfinished) sinks_[1]->write("\n");
  seen.unfinished = nullptr;
  sinks_[1]->write(text);
}

// The descriptors of pipes that are not to be read now must not be watched at all: a hang-up would
// be reported again and again.
void output::watch_or_pause(stream& s) {
  const tail& seen = tail_of(s);
  const bool others_turn = seen.owner && seen.owner != &s;
  const bool full = s.kept.size() >= longest_wait && (others_turn || sink_of(s).congested());
  const bool wanted = !s.ended && !full && !sink_of(s).congested();
  if (wanted == s.watching) return;
  s.watching = wanted;
  if (wanted) {
    s.last_read = event_loop::clock::now();  // what was our pause is not the rank's silence
    loop_.watch(s.pipe.get(), EPOLLIN, [this, &s](std::uint32_t) { read(s); });
  } else {
    loop_.forget(s.pipe.get());
  }
}

void output::read(stream& s) {
  std::array<char, longest_wait> buffer;
  ssize_t count;
  while ((count = ::read(s.pipe.get(), buffer.data(), buffer.size())) < 0 && errno == EINTR) {
  }
  if (count > 0) {
    s.kept.append(buffer.data(), static_cast<std::size_t>(count));
    s.last_read = event_loop::clock::now();
  } else if (count == 0 || errno != EAGAIN || writers_gone_) {
    close(s);
  }
  pass_on(s);
}

// Passes on what may be passed on now.
void output::pass_on(stream& s) {
  tail& seen = tail_of(s);
  const bool owned = seen.owner != nullptr;
  if (!(owned && seen.owner != &s) && !sink_of(s).congested()) {
    const auto newline = s.kept.rfind('\n');
    if (newline != std::string::npos) {
      emit(s, newline + 1);
      seen.owner = nullptr;
    }
    // Only a terminal shows the drawings; elsewhere they are one line, kept whole like any other.
    if (!tagged_ && sink_of(s).is_terminal()) emit(s, end_of_drawing(s.kept));
    if (s.ended) {
      emit(s, s.kept.size());
      seen.owner = nullptr;
    } else if (s.kept.size() >= longest_wait) {
      emit(s, s.kept.size());
      seen.owner = &s;
    }
    if (owned && !seen.owner) pass_on_those_that_wait();
  }
  if (!s.ended && (!s.kept.empty() || seen.owner == &s)) start_quiet_timer(s);
  watch_or_pause(s);
}

void output::pass_on_those_that_wait() {
  for (auto& s : streams_) {
    const tail& seen = tail_of(*s);
    if (sink_of(*s).congested() || (seen.owner && seen.owner != s.get())) continue;
    if (s->kept.find('\n') != std::string::npos || (s->ended && !s->kept.empty()) ||
        s->kept.size() >= longest_wait) {
      pass_on(*s);
    } else {
      if (!s->ended && !s->kept.empty()) start_quiet_timer(*s);
      watch_or_pause(*s);
    }
  }
}

// Writes the first `length` bytes of what is kept.
void output::emit(stream& s, std::size_t length) {
  if (length == 0) return;
  tail& seen = tail_of(s);
  sink& to = sink_of(s);
  const std::string_view text(s.kept.data(), length);
  const bool complete = text.back() == '\n';
  if (seen.unfinished && seen.unfinished != &s && (tagged_ || seen.unfinished->rank != s.rank)) {
    to.write("\n");
    seen.unfinished = nullptr;
  }
  if (!tagged_) {
    to.write(text);
  } else {
    const std::string tag = tag_of(s.rank, s.which);
    std::string lines;
    bool at_start = seen.unfinished == nullptr;
    for (std::size_t at = 0; at < length;) {
      const std::size_t end = std::min(text.find('\n', at), length - 1) + 1;
      if (at_start) lines += tag;
      lines += text.substr(at, end - at);
      at_start = true;
      at = end;
    }
    to.write(lines);
  }
  seen.unfinished = complete ? nullptr : &s;
  s.kept.erase(0, length);
}

void output::start_quiet_timer(stream& s) {
  if (s.quiet_timer) return;
  const auto left = s.last_read + silence - event_loop::clock::now();
  s.quiet_timer = loop_.after(std::max(left, event_loop::clock::duration(0)), [this, &s] {
    s.quiet_timer.reset();
    when_quiet(s);
  });
}

void output::when_quiet(stream& s) {
  if (event_loop::clock::now() - s.last_read < silence) {
    start_quiet_timer(s);
    return;
  }
  tail& seen = tail_of(s);
  // Not its turn: pass_on_those_that_wait() comes back to it.
  if (sink_of(s).congested() || (seen.owner && seen.owner != &s)) return;
  emit(s, s.kept.size());
  if (seen.owner == &s) {
    seen.owner = nullptr;
    pass_on_those_that_wait();
  }
  watch_or_pause(s);
}

void output::close(stream& s) {
  if (s.watching) loop_.forget(s.pipe.get());
  s.watching = false;
  if (s.quiet_timer) loop_.cancel(*s.quiet_timer);
  s.quiet_timer.reset();
  s.pipe.reset();
  s.ended = true;
}

// The readers of a sink are gone: its writers are to see the same, as they would without us.
void output::close_abandoned() {
  for (auto& s : streams_) {
    if (!sink_of(*s).closed()) continue;
    if (!s->ended) close(*s);
    s->kept.clear();
    tail_of(*s).owner = nullptr;
  }
}

void output::catch_up(std::uint32_t rank) {
  for (auto& s : streams_) {
    if (s->rank != rank) continue;
    // A pipe holds so much at most; a rank's children may go on writing meanwhile.
    for (int reads = 0; reads < 16 && s->watching; ++reads) {
      const auto before = s->last_read;
      read(*s);
      if (s->last_read == before) break;
    }
    if (!s->ended && !(tail_of(*s).owner) && !sink_of(*s).congested()) emit(*s, s->kept.size());
  }
}

void output::writers_are_gone() {
  writers_gone_ = true;
  // A readable or hung-up pipe wakes the loop by itself; one that an unkillable process still holds
  // would not.
  for (auto& s : streams_) {
    while (s->watching) read(*s);
  }
}

bool output::finished() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& s) { return s->ended && s->kept.empty(); }) &&
         sinks_[0]->backlog() == 0 && sinks_[1]->backlog() == 0;
}

}  // namespace cohort::launcher
