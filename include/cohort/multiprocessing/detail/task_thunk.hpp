// The code that a worker has for one type of calls: a function, and the parts of its items.
#pragma once

#include <cohort/detail/callable_shipping.hpp>
#include <cohort/multiprocessing/detail/task_reply.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cohort::detail {

// F is called with values of the (decayed) types Part, as they are sent (shipped_t), and gives a
// Result.
template <class F, class Result, class... Part>
class task_thunk {
  static_assert(std::is_invocable_v<F&, shipped_t<Part>...>,
                "cohort: the function can't be called with these arguments in a worker: it gets "
                "decayed copies of them as rvalues, and texts and spans as std::string and "
                "std::vector");
  static_assert(
      std::is_same_v<std::decay_t<std::invoke_result_t<F&, shipped_t<Part>...>>, Result>,
      "cohort: with texts and spans that own their elements, as a worker gets them, the function "
      "returns another type");
  static_assert(std::is_void_v<Result> || std::is_same_v<shipped_t<Result>, Result>,
                "cohort: a task of another process can't return a view or a pointer to text: "
                "return a std::string or a std::vector");

  static void* make(packed_iarchive& archive) { return new F(callable_codec<F>::decode(archive)); }
  static void destroy(void* callable) noexcept { delete static_cast<F*>(callable); }

  static void call(F& function, packed_iarchive& item, task_reply& reply) {
    // In the order of the archive: that of a braced list.
    std::tuple<shipped_t<Part>...> parts{take_part<shipped_t<Part>>(item)...};
    const auto result = [&]() -> decltype(auto) {
      return std::apply(
          [&](auto&... each) -> decltype(auto) {
            return std::invoke(function, std::move(each)...);
          },
          parts);
    };
    if constexpr (std::is_void_v<Result>) {
      result();
      reply.value();
    } else {
      reply.template value<Result>(result());
    }
  }

  static void execute_one(F& function, packed_iarchive& items, task_reply& reply) {
    if constexpr ((is_fixed_part<Part> && ...)) {
      call(function, items, reply);
    } else {
      const auto bytes = take_item(items);
      if (bytes.data() == nullptr) {
        reply.not_sent();
        return;
      }
      packed_iarchive item(bytes);
      call(function, item, reply);
    }
  }

  static void execute(void* callable, packed_iarchive& items, packed_oarchive&) {
    task_reply& reply = task_reply::current();
    F& function = *static_cast<F*>(callable);
    for (std::uint32_t i = reply.first(); i != reply.end(); ++i) {
      std::exception_ptr thrown;
      try {
        execute_one(function, items, reply);
      } catch (...) {
        thrown = std::current_exception();
      }
      if (thrown) [[unlikely]]
        reply.error(thrown);
    }
  }

 public:
  // Naming it makes it part of the program, in whichever process this code runs.
  static inline callable_thunk record{&make, &destroy, &execute};
};

}  // namespace cohort::detail
