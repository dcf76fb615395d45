// The layer over cohort. The benchmarks are written against namespace layer alone; every header in
// this folder defines the same names with its library's best idiom for each.
#pragma once

#include <cohort/cohort.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace layer {

inline constexpr int tag = 7;

// One rank's membership of the job, from start to end.
class job {
 public:
  job(int& argc, char**& argv) : environment_(argc, argv) {}

  int rank() const { return world_.rank(); }
  int size() const { return world_.size(); }
  void barrier() { world_.barrier(); }

  void send(int dest, std::span<const char> bytes) { world_.send(dest, tag, bytes); }
  void recv(int source, std::span<char> bytes) { world_.recv(source, tag, bytes); }
  void recv_any(std::span<char> bytes) { world_.recv(cohort::any_source, tag, bytes); }

  // A receive where ranks exceed cores and the message is due soon: gives the core to other ranks.
  void recv_crowded(int source, std::span<char> bytes) { recv(source, bytes); }
  // A receive that may wait for seconds and must not disturb the ranks that are being measured.
  void recv_idle(int source, std::span<char> bytes) { recv(source, bytes); }

  template <class T>
  void send_object(int dest, const T& object) {
    world_.send(dest, tag, object);
  }
  template <class T>
  void recv_object(int source, T& object) {
    world_.recv(source, tag, object);
  }

  // Collective operations. A block is `mine.size()` elements.
  void meet() { world_.barrier(); }
  void broadcast(std::span<double> values, int root) { cohort::broadcast(world_, values, root); }
  void scatter(std::span<const double> all, std::span<double> mine, int root) {
    cohort::scatter(world_, all, mine, root);
  }
  void gather(std::span<const double> mine, std::span<double> all, int root) {
    cohort::gather(world_, mine, all, root);
  }
  void all_gather(std::span<const double> mine, std::span<double> all) {
    cohort::all_gather(world_, mine, all);
  }
  void all_to_all(std::span<const double> out, std::span<double> in, std::size_t) {
    cohort::all_to_all(world_, out, in);
  }
  void reduce(std::span<const double> mine, std::span<double> sum, int root) {
    cohort::reduce(world_, mine, sum, std::plus<>(), root);
  }
  void all_reduce(std::span<const double> mine, std::span<double> sum) {
    cohort::all_reduce(world_, mine, sum, std::plus<>());
  }
  void reduce_scatter(std::span<const double> all, std::span<double> mine) {
    cohort::reduce_scatter(world_, all, mine, std::plus<>());
  }

  template <class T>
  void broadcast_object(T& object, int root) {
    cohort::broadcast(world_, object, root);
  }
  template <class T>
  void gather_objects(const T& object, std::vector<T>& all, int root) {
    cohort::gather(world_, object, all, root);
  }
  template <class T, class Operator>
  void all_reduce_object(const T& object, T& result, Operator op) {
    cohort::all_reduce(world_, object, result, op);
  }

  cohort::communicator& world() { return world_; }

 private:
  cohort::environment environment_;
  cohort::communicator world_;
};

// Nonblocking operations that are completed together.
class window {
 public:
  window(job& job, std::size_t length) : world_(job.world()) { requests_.reserve(length); }

  void isend(int dest, std::span<const char> bytes) {
    requests_.push_back(world_.isend(dest, tag, bytes));
  }
  void irecv(int source, std::span<char> bytes) {
    requests_.push_back(world_.irecv(source, tag, bytes));
  }
  void wait_all() {
    cohort::wait_all(requests_.begin(), requests_.end());
    requests_.clear();
  }

 private:
  cohort::communicator& world_;
  std::vector<cohort::request> requests_;
};

}  // namespace layer
