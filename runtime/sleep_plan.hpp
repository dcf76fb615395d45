// What a wait of the layers above sleeps on.
#pragma once

#include "runtime/system.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace cohort::runtime {

// The words that a thread sleeps on, each with the value that it had before the last look.
class watched_words {
 public:
  void add(const shared_u32& word, std::uint32_t expected) { words_[count_++] = {&word, expected}; }
  std::span<const futex_watch> all() const { return {words_.data(), count_}; }

 private:
  std::array<futex_watch, most_watched> words_{};
  std::size_t count_ = 0;
};

class sleep_plan {
 public:
  // `at_once`: what is waited for takes milliseconds, the end of a process say, so that spinning
  // before the sleep would only cost processor time.
  explicit sleep_plan(bool at_once = false) : at_once_(at_once) {}
  bool at_once() const { return at_once_; }

  // Makes known to those who bring news that this thread is about to sleep, adds what it sleeps on
  // (one word less than most_watched, the most telling first), then looks a last time. True: there
  // is news, do not sleep.
  virtual bool arm(watched_words& words) = 0;
  // After each arm(), whether the thread has slept or not.
  virtual void disarm() = 0;

 protected:
  ~sleep_plan() = default;

 private:
  bool at_once_;
};

// arm() and disarm() around a sleep.
class armed_plan {
 public:
  explicit armed_plan(sleep_plan* plan) : plan_(plan) {
    if (plan_) news_ = plan_->arm(words_);
  }
  ~armed_plan() {
    if (plan_) plan_->disarm();
  }
  armed_plan(const armed_plan&) = delete;
  armed_plan& operator=(const armed_plan&) = delete;

  bool news() const { return news_; }
  watched_words& words() { return words_; }

 private:
  sleep_plan* plan_;
  watched_words words_;
  bool news_ = false;
};

}  // namespace cohort::runtime
