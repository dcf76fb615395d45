// A process that keeps objects for all others.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/manager_list.hpp>
#include <cohort/multiprocessing/manager_map.hpp>
#include <cohort/multiprocessing/manager_namespace.hpp>
#include <cohort/multiprocessing/manager_proxy.hpp>
#include <cohort/multiprocessing/manager_value.hpp>
#include <cohort/multiprocessing/process.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// Starts a server, a daemon of this process, named `manager-1`. It keeps the objects that are made
// here, and one thread of it carries out the calls of their proxies, one after the other: a
// function that takes long makes all others wait.
//
//   cohort::manager m;
//   auto counts = m.make_map<std::string, int>();
//   cohort::process worker([](auto counts) { counts["words"] = 42; }, counts);
//
// Locks, semaphores, events, conditions, barriers and queues are not made here: cohort::mutex,
// cohort::queue and their kin stand in memory that all processes of the job share, so their handles
// can be used wherever a proxy can, need no server, and cost a fraction of a call. The same is true
// of numbers and arrays of them; managed_value and managed_array are for all other types.
//
// The server ends with this object, and so do the objects: calls throw process_failed from then on.
// It can be moved, but neither copied nor sent. One thread at a time may use it.
class manager {
 public:
  // Throws what process::start throws: usage_error in a daemon, start_error, resource_error.
  manager(call where = {});
  manager(manager&&) noexcept;
  manager& operator=(manager&&) noexcept;
  // shutdown()
  ~manager();

  // An object T(args...), made in the server of copies of the arguments. Throws what proxy::call
  // throws: remote_error where the constructor throws.
  template <class T, class... Args>
  [[gnu::noinline]] proxy<T> make(const Args&... args) const {
    return make_at<T>(call_site::at(__builtin_return_address(0)), args...);
  }
  template <class K, class V>
  managed_map<K, V> make_map(const std::map<K, V>& initial = {}, call where = {}) const {
    return managed_map<K, V>(make_at<std::map<K, V>>(where, initial));
  }
  template <class T>
  managed_list<T> make_list(const std::vector<T>& initial = {}, call where = {}) const {
    return managed_list<T>(make_at<std::vector<T>>(where, initial));
  }
  template <class T>
  managed_array<T> make_array(const std::vector<T>& items, call where = {}) const {
    return managed_array<T>(make_at<std::vector<T>>(where, items));
  }
  template <class T>
  managed_array<T> make_array(std::size_t size, call where = {}) const {
    return make_array(std::vector<T>(size), where);
  }
  template <class T>
  managed_value<T> make_value(const T& initial = T(), call where = {}) const {
    return managed_value<T>(make_at<T>(where, initial));
  }
  managed_namespace make_namespace(call where = {}) const;

  // Ends the server when it has finished the call that it is at; or by a signal once the deadline
  // has passed, without one after a second. Nothing if it has ended.
  void shutdown(call where = {});

  // Of the server.
  int pid() const;
  std::string name() const;

 private:
  template <class T, class... Args>
  proxy<T> make_at(const call& where, const Args&... args) const {
    return proxy<T>(link("make", where), where, args...);
  }
  // Throws usage_error where this object was moved from.
  const std::shared_ptr<multiprocessing::manager_link>& link(const char* operation,
                                                             const call& where) const;

  std::unique_ptr<process> server_;
  std::shared_ptr<multiprocessing::manager_link> link_;
};

}  // namespace cohort
