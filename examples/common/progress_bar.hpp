// A bar that shows how far a long computation is.
#pragma once

#include <chrono>

class progress_bar {
 public:
  // `shown`: whether to draw at all.
  progress_bar(int steps, bool shown);
  // Ends the bar's line.
  ~progress_bar();
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  // So many steps are done. Cheap: draws a few times a second at most.
  void update(int done);

 private:
  using clock = std::chrono::steady_clock;
  // With --progress and no terminal, cohortrun passes on a line without an end when it has seen
  // nothing new for 200 ms.
  static constexpr std::chrono::milliseconds interval{250};

  void draw(int done);

  int steps_;
  bool shown_;
  clock::time_point start_ = clock::now();
  clock::time_point next_drawing_ = start_;
};
