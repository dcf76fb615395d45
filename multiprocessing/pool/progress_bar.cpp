#include "multiprocessing/pool/progress_bar.hpp"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace cohort::multiprocessing {

namespace {

constexpr std::uint64_t columns = 40;

// In one call, so that nobody's line comes between. What a terminal does not take is not shown.
void write_text(const std::string& text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

progress_bar::progress_bar() : terminal_(::isatty(STDERR_FILENO) == 1) {}

progress_bar::~progress_bar() {
  if (open_) write_text("\n");
}

void progress_bar::show(const pool_progress& progress) {
  if (!terminal_ || progress.total() == 0) return;
  if (progress.done == shown_.done && progress.total() == shown_.total()) return;
  shown_ = progress;
  const auto filled = static_cast<std::size_t>(progress.done * columns / progress.total());
  std::string line = "\r[" + std::string(filled, '#') + std::string(columns - filled, ' ') + "] " +
                     std::to_string(progress.done) + "/" + std::to_string(progress.total()) + ", " +
                     std::to_string(progress.running) + " running\x1b[K";
  open_ = progress.done != progress.total();
  if (!open_) line += "\n";
  write_text(line);
}

}  // namespace cohort::multiprocessing
