// Handles that go from one process of a local family to others, and processes that die.
#pragma once

#include <cohort/archive.hpp>

#include "multiprocessing/local_family.hpp"
#include "multiprocessing/memory/attachment.hpp"

#include <memory>
#include <thread>
#include <tuple>

namespace cohort::test {

// A family whose root the test's thread acts for.
class acting_family : public local_family {
 public:
  acting_family() { multiprocessing::set_thread_participant(root()); }
  ~acting_family() { multiprocessing::set_thread_participant(nullptr); }

  using member = std::shared_ptr<multiprocessing::participant>;

  // The process ends as it is: it gives nothing back itself.
  void end(const member& process) {
    process->leave();
    kill(*process);
  }
  // What a process does before it ends.
  void live_and_die(const body& life) {
    const member process = join();
    std::thread([&] { act(process, life); }).join();
    end(process);
  }
};

// Handles on their way; open() gives those of the process that the calling thread acts for.
template <class... Handles>
class parcel {
 public:
  explicit parcel(const Handles&... handles) { (void(bytes_ << handles), ...); }
  std::tuple<Handles...> open() const {
    std::tuple<Handles...> here;
    packed_iarchive in(bytes_.bytes());
    std::apply([&](auto&... handle) { (void(in >> handle), ...); }, here);
    return here;
  }

 private:
  packed_oarchive bytes_;
};

// What a handle stands for in shared memory.
template <class Handle>
class opened : public Handle {
 public:
  explicit opened(const Handle& handle) : Handle(handle) {}
  template <class State>
  State& as() const {
    return this->object_->template payload_as<State>();
  }
};

}  // namespace cohort::test
