// How far a pool is, drawn on a terminal.
#pragma once

#include <cohort/multiprocessing/detail/pool_work.hpp>

namespace cohort::multiprocessing {

// On standard error; nothing where that is no terminal. The line is drawn over itself, and ended
// when all is done.
class progress_bar {
 public:
  progress_bar();
  ~progress_bar();
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  void show(const pool_progress& progress);

 private:
  const bool terminal_;
  pool_progress shown_;
  bool open_ = false;  // the line is not ended
};

}  // namespace cohort::multiprocessing
