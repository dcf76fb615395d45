// A handle of an object that lives in a manager's server.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/managed_object.hpp>
#include <cohort/multiprocessing/detail/served_method.hpp>

#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cohort {

// A copy of a proxy means the same object. Proxies can be arguments of processes and tasks, items
// of queues and parts of messages to ranks, and work in every process of the job. The object lives
// as long as a process has a proxy of it, or one is under way, and its manager runs; a process that
// dies has none.
//
// Each call is carried out by the server, one after the other. So a call is atomic, and two calls
// are not: what belongs together is one function.
//
//   class account { public: long deposit(long cents); long balance() const; };
//   cohort::manager m;
//   cohort::proxy<account> a = m.make<account>();
//   long now = a.call<&account::deposit>(100);
//
// A call throws remote_error where the function throws; process_failed when the server has ended,
// at whatever moment; timeout_error; usage_error in the server itself, which would wait for itself;
// archive_error for what can't be packed. Several threads of a process take turns.
template <class T>
class proxy : public detail::managed_object {
 public:
  // None: a proxy to be assigned to.
  proxy() noexcept = default;

  // Method(object, args...) in the server. Method is a pointer to a member function of T, or a
  // function or lambda without captures whose first parameter is a T&:
  //
  //   a.call<[](account& it, long cents) { if (it.balance() >= cents) it.deposit(-cents); }>(50);
  //
  // The server gets copies of the arguments, converted to the parameters' types (views own what
  // they view), and the caller a copy of the result. A deadline may follow the last argument. After
  // timeout_error the function may be carried out all the same. Only functions that are named in
  // such a call somewhere in the program can be called.
  template <auto Method, class... Args>
  [[gnu::noinline]] auto call(const Args&... args) const {
    using method = detail::served_method<T, Method>;
    const call_site here = call_site::at(__builtin_return_address(0));
    if constexpr (sizeof...(Args) == method::arity + 1) {
      const auto all = std::tie(args...);
      const deadline& limit = std::get<method::arity>(all);
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return call_at<Method>(cohort::call(here, limit), std::get<I>(all)...);
      }(std::make_index_sequence<method::arity>());
    } else {
      return call_at<Method>(cohort::call(here), args...);
    }
  }

 protected:
  template <auto Method, class... Args>
  auto call_at(const cohort::call& where, const Args&... args) const {
    using method = detail::served_method<T, Method>;
    byte_buffer bytes;
    packed_oarchive request(bytes);
    begin_call(request, detail::place_of_record<method>(), where);
    method::encode(request, args...);
    packed_iarchive answer(exchange(bytes, where));
    if constexpr (!std::is_void_v<typename method::result>)
      return detail::decode_part<typename method::result>(answer);
  }

 private:
  friend class manager;

  // A new object, T(args...).
  template <class... Args>
  proxy(const std::shared_ptr<multiprocessing::manager_link>& link, const cohort::call& where,
        const Args&... args)
      : managed_object(link, where) {
    byte_buffer bytes;
    packed_oarchive request(bytes);
    begin_make(request,
               detail::place_of_record<detail::served_class<T, detail::shipped_t<Args>...>>(),
               where);
    detail::encode_arguments(request, args...);
    exchange(bytes, where);
  }
};

}  // namespace cohort
