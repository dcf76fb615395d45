// A queue with a bound, forms that do not wait, and an end.
#pragma once

#include <cohort/multiprocessing/detail/queue_handle.hpp>

#include <cstddef>
#include <iterator>
#include <optional>

namespace cohort::detail {

template <class Derived, class T, class Calls = ring_queue_calls>
class basic_queue : public queue_handle<Derived, T, Calls> {
  using base = queue_handle<Derived, T, Calls>;

 public:
  // False: the queue is full.
  bool try_put(const T& item, call where = {}) {
    return base::offer(item, {"try_put", false, where});
  }
  // Nothing: the queue is empty.
  //   if (auto item = q.try_get()) use(*item);
  std::optional<T> try_get(call where = {}) {
    std::optional<T> item(std::in_place);
    if (base::take(*item, {"try_get", false, where}) != got::item) item.reset();
    return item;
  }

  // Items that are put and not yet got, at one moment during the call.
  std::size_t size() const { return Calls::size(this->object_); }
  // 0: no bound.
  std::size_t bound() const { return Calls::bound(this->object_); }
  bool full() const { return bound() != 0 && size() >= bound(); }

  // Nothing more is to be put, by anybody: put() is an error from now on. What is in the queue can
  // still be got; then get() throws closed_error, and loops over the queue end.
  //   for (const job& j : q) work(j);   // each item once, until q.shut_down() somewhere
  void shut_down() { Calls::shut_down(this->object_); }

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = T*;
    using reference = T&;

    T& operator*() const { return *item_; }
    T* operator->() const { return &*item_; }
    iterator& operator++() {
      next();
      return *this;
    }
    void operator++(int) { next(); }
    friend bool operator==(const iterator& it, std::default_sentinel_t) { return !it.item_; }

   private:
    friend basic_queue;
    iterator(basic_queue& queue, const call& where) : queue_(&queue), where_(where) { next(); }
    void next() {
      item_.emplace();
      if (queue_->take(*item_, {"get", true, where_}) != got::item) item_.reset();
    }

    basic_queue* queue_;
    call where_;
    mutable std::optional<T> item_;
  };
  // Takes items out as it goes.
  iterator begin(call where = {}) { return iterator(*this, where); }
  std::default_sentinel_t end() const { return {}; }

 protected:
  using base::base;
};

}  // namespace cohort::detail
