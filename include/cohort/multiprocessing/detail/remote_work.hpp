// Work that another process executes: how calls become bytes, and bytes outcomes.
#pragma once

#include <cohort/multiprocessing/detail/calls.hpp>
#include <cohort/multiprocessing/detail/gathered_bytes.hpp>
#include <cohort/multiprocessing/detail/pool_work.hpp>
#include <cohort/multiprocessing/detail/task_reply.hpp>
#include <cohort/multiprocessing/detail/task_thunk.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

// Tells whether a worker has a callable already.
struct callable_identity {
  const callable_thunk* thunk = nullptr;
  std::uintptr_t value = 0;         // the function's address, or the object's
  std::weak_ptr<const void> owner;  // of an object: while it lives, its address is its own
  bool owned = false;
  bool lasting = true;  // false: to be sent with each work

  bool operator==(const callable_identity& other) const noexcept {
    return lasting && other.lasting && thunk == other.thunk && value == other.value &&
           owned == other.owned && (!owned || !owner.expired());
  }
};

class remote_work : public pool_work {
 public:
  virtual callable_identity identity() const noexcept = 0;
  virtual void encode_callable(packed_oarchive& archive) const = 0;
  // Appends the items that are not settled. One that can't be encoded fails when its turn comes.
  virtual void gather_items(gathered_bytes& to) = 0;
  // Settles the next `count` items with the outcomes in the archive, of which one that can't be
  // decoded fails. Throws archive_error where they are no outcomes.
  virtual void take_outcomes(packed_iarchive& archive, std::size_t count) = 0;
};

// How the items of a kind of call are taken apart.
template <class Call>
struct call_parts;

template <class F, class... Arguments>
struct call_parts<single_call<F, Arguments...>> {
  using call = single_call<F, Arguments...>;
  using function = F;
  using thunk = task_thunk<function, typename call::result, Arguments...>;

  static const F& callable(const call& of) { return of.function; }
  static callable_identity identity(const call& of) {
    constexpr callable_kind kind = callable_codec<function>::kind;
    callable_identity result{&thunk::record, 0, {}, false, true};
    if constexpr (kind == callable_kind::function) {
      result.value = reinterpret_cast<std::uintptr_t>(of.function);
    } else if constexpr (kind != callable_kind::stateless) {
      result.lasting = false;
    }
    return result;
  }
  static void gather(gathered_bytes& to, const call& of, std::size_t) {
    std::apply([&](const auto&... part) { gather_item(to, part...); }, of.arguments);
  }
};

template <class F, class T>
struct call_parts<chunk_call<false, F, T>> {
  using call = chunk_call<false, F, T>;
  using function = F;
  using thunk = task_thunk<function, typename call::result, T>;

  static const F& callable(const call& of) { return *of.function; }
  static callable_identity identity(const call& of) {
    return {&thunk::record, reinterpret_cast<std::uintptr_t>(of.function.get()), of.function, true,
            true};
  }
  static void gather(gathered_bytes& to, const call& of, std::size_t i) {
    gather_item(to, of.items[i]);
  }
};

template <class F, class T>
struct call_parts<chunk_call<true, F, T>> {
  using call = chunk_call<true, F, T>;
  using function = F;

  template <std::size_t... I>
  static auto thunk_for(std::index_sequence<I...>)
      -> task_thunk<function, typename call::result, std::decay_t<std::tuple_element_t<I, T>>...>;
  using thunk = decltype(thunk_for(std::make_index_sequence<std::tuple_size_v<T>>()));

  static const F& callable(const call& of) { return *of.function; }
  static callable_identity identity(const call& of) {
    return {&thunk::record, reinterpret_cast<std::uintptr_t>(of.function.get()), of.function, true,
            true};
  }
  static void gather(gathered_bytes& to, const call& of, std::size_t i) {
    std::apply([&](const auto&... part) { gather_item(to, part...); }, of.items[i]);
  }
};

template <class Call, class Sink>
class remote_work_of final : public work_with<remote_work, Call, Sink> {
  using parts = call_parts<Call>;
  using result = typename Call::result;

 public:
  using work_with<remote_work, Call, Sink>::work_with;

  callable_identity identity() const noexcept override { return parts::identity(this->call_); }

  void encode_callable(packed_oarchive& archive) const override {
    encode_thunk(archive, parts::thunk::record);
    using function = typename parts::function;
    callable_codec<function>::encode(archive, parts::callable(this->call_));
  }

  void gather_items(gathered_bytes& to) override {
    not_sent_.clear();
    for (std::size_t i = this->settled_; i < this->call_.size(); ++i) {
      const gathered_bytes::mark begin = to.here();
      try {
        parts::gather(to, this->call_, i);
      } catch (...) {
        not_sent_.push_back(std::current_exception());
        to.cut(begin);
        to.set_number(to.reserve_number(), no_item);
      }
    }
    next_not_sent_ = 0;
  }

  void take_outcomes(packed_iarchive& archive, std::size_t count) override {
    for (; count != 0; --count) {
      switch (static_cast<outcome_kind>(*archive.take(1, "outcome"))) {
        case outcome_kind::value:
          take_value(archive);
          break;
        case outcome_kind::error: {
          packed_iarchive error(take_item(archive));
          this->fail_next(decode_error(error));
          break;
        }
        case outcome_kind::not_sent:
          this->fail_next(next_not_sent_ < not_sent_.size() ? not_sent_[next_not_sent_++]
                                                            : broken_promise());
          break;
        default:
          throw_malformed("there is no such outcome of a task");
      }
    }
  }

 private:
  void take_value(packed_iarchive& archive) {
    if constexpr (std::is_void_v<result>) {
      this->sink_.value();
      ++this->settled_;
    } else if constexpr (is_fixed_part<result>) {
      give(archive);
    } else {
      packed_iarchive value(take_item(archive));
      give(value);
    }
  }
  void give(packed_iarchive& archive) {
    deliver<result>(this->sink_, [&] { return take_part<result>(archive); });
    ++this->settled_;
  }

  std::vector<std::exception_ptr> not_sent_;  // why, in the order of their items
  std::size_t next_not_sent_ = 0;
};

}  // namespace cohort::detail
