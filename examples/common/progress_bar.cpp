// Draws over the same line again and again, on standard error, which results don't go to.
#include "common/progress_bar.hpp"

#include <cstdio>
#include <string>

progress_bar::progress_bar(int steps, bool shown) : steps_(steps), shown_(shown) {
  update(0);
}

progress_bar::~progress_bar() {
  if (shown_) std::fputc('\n', stderr);
}

void progress_bar::update(int done) {
  if (!shown_) return;
  const auto now = clock::now();
  if (now < next_drawing_ && done < steps_) return;
  next_drawing_ = now + interval;
  draw(done);
}

void progress_bar::draw(int done) {
  constexpr std::size_t width = 40;
  const double part = steps_ == 0 ? 1 : static_cast<double>(done) / steps_;
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  const std::chrono::duration<double> elapsed = clock::now() - start_;
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  // The spaces cover what a longer line left.
  std::fprintf(stderr, "\r[%s] %3.0f %%  step %d of %d  %.1f s  ", bar.c_str(), 100 * part, done,
               steps_, elapsed.count());
  std::fflush(stderr);
}
