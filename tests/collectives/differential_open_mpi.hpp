// The calls of the differential test in the C interface of MPI.
#pragma once

#include "collectives/differential.hpp"

#include <mpi.h>

#include <type_traits>
#include <vector>

namespace layer {

using namespace cohort::test::differential;

inline constexpr const char* library = "open_mpi";

// The default error handler of MPI ends the job with a message, so return codes need no look.
class job {
 public:
  job(int& argc, char**& argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(world_, &rank_);
    MPI_Comm_size(world_, &size_);
  }
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  ~job() { MPI_Finalize(); }

  int rank() const { return rank_; }
  int size() const { return size_; }

  // Returns what this rank gets.
  template <class T>
  std::vector<T> run(const draw& d, const std::vector<T>& mine) const {
    const std::vector<int> out = given_lengths(d, rank_, size_);
    const std::vector<int> in = got_lengths(d, rank_, size_);
    std::vector<T> got(static_cast<std::size_t>(total(in)));
    if (d.what >= operation::reduce)
      combine(d, mine, out, got);
    else if (d.counted && d.what != operation::broadcast)
      move_counted(d, mine, out, got, in);
    else
      move(d, mine, got);
    return got;
  }

 private:
  template <class T>
  static MPI_Datatype type() {
    if constexpr (std::is_same_v<T, int>) return MPI_INT;
    if constexpr (std::is_same_v<T, long>) return MPI_LONG;
    if constexpr (std::is_same_v<T, float>) return MPI_FLOAT;
    if constexpr (std::is_same_v<T, double>) return MPI_DOUBLE;
  }
  static MPI_Op operator_of(combination op) {
    const MPI_Op operators[] = {MPI_SUM, MPI_MIN, MPI_MAX, MPI_BAND, MPI_BOR, MPI_BXOR};
    return operators[static_cast<std::size_t>(op)];
  }

  template <class T>
  void move(const draw& d, const std::vector<T>& mine, std::vector<T>& got) const {
    const int root = static_cast<int>(d.root);
    switch (d.what) {
      case operation::scatter:
        MPI_Scatter(mine.data(), d.count, type<T>(), got.data(), d.count, type<T>(), root, world_);
        break;
      case operation::gather:
        MPI_Gather(mine.data(), d.count, type<T>(), got.data(), d.count, type<T>(), root, world_);
        break;
      case operation::all_gather:
        MPI_Allgather(mine.data(), d.count, type<T>(), got.data(), d.count, type<T>(), world_);
        break;
      case operation::all_to_all:
        MPI_Alltoall(mine.data(), d.count, type<T>(), got.data(), d.count, type<T>(), world_);
        break;
      default:
        got = mine;
        MPI_Bcast(got.data(), d.count, type<T>(), root, world_);
    }
  }
  template <class T>
  void move_counted(const draw& d, const std::vector<T>& mine, const std::vector<int>& out,
                    std::vector<T>& got, const std::vector<int>& in) const {
    const int root = static_cast<int>(d.root);
    const int given = static_cast<int>(mine.size());
    const int taken = static_cast<int>(got.size());
    const std::vector<int> from = places(out);
    const std::vector<int> to = places(in);
    switch (d.what) {
      case operation::scatter:
        MPI_Scatterv(mine.data(), out.data(), from.data(), type<T>(), got.data(), taken, type<T>(),
                     root, world_);
        break;
      case operation::gather:
        MPI_Gatherv(mine.data(), given, type<T>(), got.data(), in.data(), to.data(), type<T>(),
                    root, world_);
        break;
      case operation::all_gather:
        MPI_Allgatherv(mine.data(), given, type<T>(), got.data(), in.data(), to.data(), type<T>(),
                       world_);
        break;
      default:
        MPI_Alltoallv(mine.data(), out.data(), from.data(), type<T>(), got.data(), in.data(),
                      to.data(), type<T>(), world_);
    }
  }
  template <class T>
  void combine(const draw& d, const std::vector<T>& mine, const std::vector<int>& out,
               std::vector<T>& got) const {
    const MPI_Op op = operator_of(d.op);
    switch (d.what) {
      case operation::reduce:
        MPI_Reduce(mine.data(), got.data(), d.count, type<T>(), op, static_cast<int>(d.root),
                   world_);
        break;
      case operation::all_reduce:
        MPI_Allreduce(mine.data(), got.data(), d.count, type<T>(), op, world_);
        break;
      case operation::scan:
        MPI_Scan(mine.data(), got.data(), d.count, type<T>(), op, world_);
        break;
      case operation::exscan:
        MPI_Exscan(mine.data(), got.data(), d.count, type<T>(), op, world_);
        break;
      default:
        MPI_Reduce_scatter(mine.data(), got.data(), out.data(), type<T>(), op, world_);
    }
  }

  MPI_Comm world_ = MPI_COMM_WORLD;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace layer
