// Processes that run a function, or an object of a class of the user's.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/callable_shipping.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {
class process_state;

// What a process is to do, in bytes.
class process_work {
 public:
  virtual ~process_work() = default;
  virtual void encode(packed_oarchive& archive) const = 0;
};

template <class F, class... Args>
class process_call final : public process_work {
 public:
  template <class... Given>
  explicit process_call(F callable, Given&&... given)
      : callable_(std::move(callable)), arguments_{as_shipped(std::forward<Given>(given))...} {}

  void encode(packed_oarchive& archive) const override {
    encode_callable<void, Args...>(archive, callable_);
    std::apply([&](const Args&... each) { encode_arguments(archive, each...); }, arguments_);
  }

 private:
  F callable_;
  std::tuple<Args...> arguments_;
};

}  // namespace detail

// One process, run by this one: start() executes this program afresh, whose `environment`, the
// first line of main, calls the function in place of the rest of main and then ends the process. So
// the new process has neither locks nor threads of this one; what it is to work with are its
// arguments.
//
//   cohort::process worker([](int n) { std::cout << n * n << '\n'; }, 7);
//   worker.start();
//   worker.join();
//
// The process ends when the function returns (exit code 0), by std::exit(), or by an exception,
// which is printed with the process's name on standard error (exit code 1). Before it ends it runs
// its finalizers (this_process::at_exit), terminates its daemons and joins its other children; the
// end of a rank's environment does the same. Standard input is /dev/null; Ctrl-C goes to all
// processes of a terminal, of which the children ignore the first: the parent decides.
//
// A process does not outlive its parent: the kernel kills it when that ends, however it ends.
//
// The object is a handle. It can be moved, but neither copied nor sent, and only the process that
// started a process can join it. Destroying it changes nothing for the process, which goes on, and
// is joined (a daemon: terminated) when this process ends. Functions throw usage_error after
// close(), and where they say so. One thread at a time may use a handle.
class process {
 public:
  // None: a handle to be assigned to.
  process() noexcept;
  // A process that is to call f(arguments...), both in copies as std::thread makes them (a span is
  // passed as a vector, text as a std::string), which are taken here and sent by start(). The
  // result is discarded. What f may be is said at `shippable` (multiprocessing/callable.hpp).
  template <class F, class... Args>
    requires(!std::derived_from<std::remove_cvref_t<F>, process>)
  explicit process(F&& callable, Args&&... arguments)
      : process(std::unique_ptr<detail::process_work>(
            new detail::process_call<std::decay_t<F>, detail::shipped_t<Args>...>(
                std::forward<F>(callable), std::forward<Args>(arguments)...))) {}
  process(process&& other) noexcept;
  process& operator=(process&& other) noexcept;
  virtual ~process();

  // `process-1` for the first process of a program that is not named otherwise; `process-1:2` for
  // the second child of that process. At most 63 bytes. To be set before start().
  std::string name() const;
  void set_name(const std::string& name);
  // A daemon is terminated, and not joined, when its parent ends, and can't have children. By
  // default what its parent is. To be set before start().
  bool daemon() const;
  void set_daemon(bool daemon);
  // How long the process goes on when its parent has died, so that it can see that (this_process::
  // parent()) and put things in order. By default it does not: it is killed at once. To be set
  // before start().
  void set_orphan_grace(std::chrono::nanoseconds grace);

  // Starts it; returns when its program runs. Throws usage_error if it was started before, if this
  // process is a daemon, or without an environment; start_error if the program can't be executed;
  // resource_error; and what packing the arguments throws. About a millisecond.
  void start(call where = {});

  // Waits for its end: true; or until the deadline has passed: false. A deadline that is due
  // (within(0s)) gives one look. Throws usage_error if it was not started or is another process's
  // child, start_error if it has ended without ever making an environment.
  //
  //   if (!worker.join(cohort::within(2s))) worker.terminate();
  bool join(call where = {});
  // Started, and not ended as far as this process has been told.
  bool is_alive() const;
  // Nothing before its end; what it gave to exit(), or minus the number of the signal that ended
  // it. 255 if this program has reaped it behind cohort's back.
  std::optional<int> exit_code() const;
  // 0 before start().
  int pid() const;
  // SIGTERM, SIGKILL. Nothing happens to a process that has ended.
  void terminate(call where = {});
  void kill(call where = {});
  // A descriptor that is readable once the process has ended, for poll() and cohort::wait_ready().
  // It is this object's, until close().
  int sentinel(call where = {}) const;
  // Gives all up that this object holds. Throws usage_error while the process is alive.
  void close(call where = {});

 protected:
  // For process_class: what is to be done, what a name begins with, and becoming the object in the
  // process itself.
  virtual void encode_work(packed_oarchive& archive) const;
  virtual std::string class_name() const;
  void become_this_process();

 private:
  friend struct process_access;  // this_process
  explicit process(std::unique_ptr<detail::process_work> work);
  explicit process(std::unique_ptr<detail::process_state> state) noexcept;

  detail::process_state& state() const;

  mutable std::unique_ptr<detail::process_state> state_;  // none before the first use
};

namespace detail {
std::string class_name_of(const std::type_info& type);
}

// The base of classes whose objects are processes: run() is called in the new process, on an object
// that was default-constructed there and then filled by the class's serialize function. Its name
// begins with that of the class.
//
//   class greeter : public cohort::process_class<greeter> {
//    public:
//     greeter() = default;
//     explicit greeter(std::string who) : who_(std::move(who)) {}
//     void run() override { std::cout << name() << " greets " << who_ << '\n'; }
//     template <class Archive> void serialize(Archive& archive, unsigned) { archive & who_; }
//    private:
//     std::string who_;
//   };
//   greeter hello("world");
//   hello.start();
template <class Derived>
class process_class : public process {
 public:
  virtual void run() = 0;

 private:
  struct runner {
    void operator()() const { (*this)(Derived{}); }
    void operator()(Derived&& object) const {
      process_class& base = object;
      base.become_this_process();
      base.run();
    }
  };
  void encode_work(packed_oarchive& archive) const final {
    // A class without data of its own needs no serialize function.
    constexpr bool has_state =
        detail::serializable<Derived> || sizeof(Derived) != sizeof(process_class);
    if constexpr (has_state) {
      detail::encode_callable<void, Derived>(archive, runner{});
      detail::encode(archive, static_cast<const Derived&>(*this));
    } else {
      detail::encode_callable<void>(archive, runner{});
    }
  }
  std::string class_name() const final { return detail::class_name_of(typeid(Derived)); }
};

}  // namespace cohort
