// Results that come one by one while the input is still being read: what imap gives.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/result_source.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace cohort {

// A single-pass range of results. Reading it reads the input, some items ahead of the results and
// no further, in the thread that reads; so the input may be endless, and must live as long unless
// it was moved in. Movable, for one thread at a time. Dropped, it cancels what is queued, and does
// not wait.
//
// An item that failed throws where its result would be, and takes no other along: reading goes on
// behind it, by next() or by another loop. Void results read as std::monostate.
//   for (const page& p : pool.imap(fetch, urls)) index(p);
template <class R>
class result_stream {
 public:
  using value_type = detail::stored_result<R>;
  class iterator;

  // Used by the pools.
  explicit result_stream(std::shared_ptr<detail::result_source<R>> source) noexcept
      : source_(std::move(source)) {}
  result_stream(result_stream&&) noexcept = default;
  result_stream& operator=(result_stream&& other) noexcept {
    result_stream(std::move(other)).source_.swap(source_);
    return *this;
  }
  ~result_stream() {
    if (source_) source_->abandon();
  }

  // The next result; nothing at the end. Throws what its item threw, what reading the input threw,
  // timeout_error (nothing is lost then), closed_error where the pool has ended before all of the
  // input was read.
  std::optional<value_type> next(call where = {}) { return source_->next(where); }

  // Reads the first result. Once the end has been reached, begin() == end().
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const noexcept { return std::default_sentinel; }

 private:
  std::shared_ptr<detail::result_source<R>> source_;
};

template <class R>
class result_stream<R>::iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = detail::stored_result<R>;
  using difference_type = std::ptrdiff_t;

  iterator() = default;
  explicit iterator(result_stream& stream) : stream_(&stream), current_(stream.next()) {}

  // May be moved from.
  value_type& operator*() const noexcept { return *current_; }
  value_type* operator->() const noexcept { return &*current_; }
  iterator& operator++() {
    current_ = stream_->next();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return !current_; }

 private:
  result_stream* stream_ = nullptr;
  mutable std::optional<value_type> current_;
};

}  // namespace cohort
