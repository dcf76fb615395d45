// The layer over Boost.MPI, for the benchmark of serialized objects. See cohort.hpp for what each
// name is for.
#pragma once

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <span>
#include <vector>

namespace layer {

inline constexpr int tag = 7;

class job {
 public:
  job(int& argc, char**& argv) : environment_(argc, argv) {}

  int rank() const { return world_.rank(); }
  int size() const { return world_.size(); }
  void barrier() { world_.barrier(); }

  void send(int dest, std::span<const char> bytes) {
    world_.send(dest, tag, bytes.data(), static_cast<int>(bytes.size()));
  }
  void recv(int source, std::span<char> bytes) {
    world_.recv(source, tag, bytes.data(), static_cast<int>(bytes.size()));
  }

  template <class T>
  void send_object(int dest, const T& object) {
    world_.send(dest, tag, object);
  }
  template <class T>
  void recv_object(int source, T& object) {
    world_.recv(source, tag, object);
  }

  void recv_crowded(int source, std::span<char> bytes) { recv(source, bytes); }
  template <class T>
  void broadcast_object(T& object, int root) {
    boost::mpi::broadcast(world_, object, root);
  }
  template <class T>
  void gather_objects(const T& object, std::vector<T>& all, int root) {
    boost::mpi::gather(world_, object, all, root);
  }
  template <class T, class Operator>
  void all_reduce_object(const T& object, T& result, Operator op) {
    boost::mpi::all_reduce(world_, object, result, op);
  }

 private:
  boost::mpi::environment environment_;
  boost::mpi::communicator world_;
};

}  // namespace layer
