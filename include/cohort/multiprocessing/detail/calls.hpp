// The calls that pools execute: one with its own arguments, or one function on a chunk of items.
#pragma once

#include <cohort/multiprocessing/detail/future_reactions.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

// f(args...), with copies that belong to the task: both are used up by the call.
template <class F, class... Arguments>
struct single_call {
  using result = task_result_t<F, Arguments...>;

  std::size_t size() const noexcept { return 1; }
  result operator()(std::size_t) {
    return static_cast<result>(std::apply(std::move(function), std::move(arguments)));
  }

  F function;
  std::tuple<Arguments...> arguments;
};

// f(item), or f(parts of the item...) where Spread. Workers share the function object, hence const.
template <bool Spread, class F, class T>
struct item_result {
  static_assert(std::is_invocable_v<const F&, T>,
                "the function of map and imap must take an item of the range; a function object is "
                "used by several workers at once, so its operator() must be const");
  using type = task_result_t<const F&, T>;
};
template <class F, class T>
struct item_result<true, F, T> {
  using type = std::decay_t<decltype(std::apply(std::declval<const F&>(), std::declval<T>()))>;
};
template <bool Spread, class F, class T>
using item_result_t = typename item_result<Spread, F, T>::type;

// Items in a row, each an object of its own: the elements of vector<bool> are none.
template <class T>
using item_list = std::conditional_t<std::is_same_v<T, bool>, std::deque<T>, std::vector<T>>;

template <bool Spread, class F, class T>
struct chunk_call {
  using result = item_result_t<Spread, F, T>;

  std::size_t size() const noexcept { return items.size(); }
  result operator()(std::size_t i) {
    if constexpr (Spread) {
      return static_cast<result>(std::apply(*function, std::move(items[i])));
    } else {
      return static_cast<result>(std::invoke(*function, std::move(items[i])));
    }
  }

  std::shared_ptr<const F> function;
  item_list<T> items;
};

// An item that outlives the input: what a range yields, without the reference.
template <class Range>
using item_of = std::ranges::range_value_t<Range>;

// All items of a range: moved where it is a container that nobody needs any more.
template <class Range>
item_list<item_of<Range>> read_items(Range&& range) {
  using list = item_list<item_of<Range>>;
  if constexpr (std::is_same_v<Range, list>) {
    return std::forward<Range>(range);
  } else {
    list items;
    if constexpr (std::ranges::sized_range<Range> && requires { items.reserve(1); }) {
      items.reserve(static_cast<std::size_t>(std::ranges::size(range)));
    }
    for (auto&& item : range) {
      // A view's items belong to somebody else.
      if constexpr (std::is_lvalue_reference_v<Range> || std::ranges::borrowed_range<Range> ||
                    std::ranges::view<std::remove_cvref_t<Range>>) {
        items.push_back(std::forward<decltype(item)>(item));
      } else {
        items.push_back(std::move(item));
      }
    }
    return items;
  }
}

}  // namespace cohort::detail
