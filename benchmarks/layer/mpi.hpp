// The layer over the C interface of MPI, for Open MPI and MPICH alike. See cohort.hpp for what each
// name is for.
#pragma once

#include <mpi.h>
#include <sched.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <thread>
#include <vector>

namespace layer {

inline constexpr int tag = 7;

// The default error handler of MPI ends the job with a message, so return codes need no look.
class job {
 public:
  job(int& argc, char**& argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    crowded_ = static_cast<unsigned>(size_) > std::thread::hardware_concurrency();
  }
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  ~job() { MPI_Finalize(); }

  int rank() const { return rank_; }
  int size() const { return size_; }
  void barrier() { MPI_Barrier(MPI_COMM_WORLD); }

  void send(int dest, std::span<const char> bytes) {
    MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, dest, tag, MPI_COMM_WORLD);
  }
  void recv(int source, std::span<char> bytes) {
    MPI_Recv(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, source, tag, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
  }
  void recv_any(std::span<char> bytes) { recv(MPI_ANY_SOURCE, bytes); }

  void recv_crowded(int source, std::span<char> bytes) {
    yield_until_done(
        [&](MPI_Request* r) {
          return MPI_Irecv(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, source, tag,
                           MPI_COMM_WORLD, r);
        },
        [&] { recv(source, bytes); });
  }

  // Collective operations.
  void meet() {
    finish([&](MPI_Request* r) { return MPI_Ibarrier(MPI_COMM_WORLD, r); },
           [&] { return MPI_Barrier(MPI_COMM_WORLD); });
  }
  void broadcast(std::span<double> values, int root) {
    const int n = static_cast<int>(values.size());
    finish(
        [&](MPI_Request* r) {
          return MPI_Ibcast(values.data(), n, MPI_DOUBLE, root, MPI_COMM_WORLD, r);
        },
        [&] { return MPI_Bcast(values.data(), n, MPI_DOUBLE, root, MPI_COMM_WORLD); });
  }
  void scatter(std::span<const double> all, std::span<double> mine, int root) {
    const int n = static_cast<int>(mine.size());
    finish(
        [&](MPI_Request* r) {
          return MPI_Iscatter(all.data(), n, MPI_DOUBLE, mine.data(), n, MPI_DOUBLE, root,
                              MPI_COMM_WORLD, r);
        },
        [&] {
          return MPI_Scatter(all.data(), n, MPI_DOUBLE, mine.data(), n, MPI_DOUBLE, root,
                             MPI_COMM_WORLD);
        });
  }
  void gather(std::span<const double> mine, std::span<double> all, int root) {
    const int n = static_cast<int>(mine.size());
    finish(
        [&](MPI_Request* r) {
          return MPI_Igather(mine.data(), n, MPI_DOUBLE, all.data(), n, MPI_DOUBLE, root,
                             MPI_COMM_WORLD, r);
        },
        [&] {
          return MPI_Gather(mine.data(), n, MPI_DOUBLE, all.data(), n, MPI_DOUBLE, root,
                            MPI_COMM_WORLD);
        });
  }
  void all_gather(std::span<const double> mine, std::span<double> all) {
    const int n = static_cast<int>(mine.size());
    finish(
        [&](MPI_Request* r) {
          return MPI_Iallgather(mine.data(), n, MPI_DOUBLE, all.data(), n, MPI_DOUBLE,
                                MPI_COMM_WORLD, r);
        },
        [&] {
          return MPI_Allgather(mine.data(), n, MPI_DOUBLE, all.data(), n, MPI_DOUBLE,
                               MPI_COMM_WORLD);
        });
  }
  void all_to_all(std::span<const double> out, std::span<double> in, std::size_t length) {
    const int n = static_cast<int>(length);
    finish(
        [&](MPI_Request* r) {
          return MPI_Ialltoall(out.data(), n, MPI_DOUBLE, in.data(), n, MPI_DOUBLE, MPI_COMM_WORLD,
                               r);
        },
        [&] {
          return MPI_Alltoall(out.data(), n, MPI_DOUBLE, in.data(), n, MPI_DOUBLE, MPI_COMM_WORLD);
        });
  }
  void reduce(std::span<const double> mine, std::span<double> sum, int root) {
    const int n = static_cast<int>(mine.size());
    finish(
        [&](MPI_Request* r) {
          return MPI_Ireduce(mine.data(), sum.data(), n, MPI_DOUBLE, MPI_SUM, root, MPI_COMM_WORLD,
                             r);
        },
        [&] {
          return MPI_Reduce(mine.data(), sum.data(), n, MPI_DOUBLE, MPI_SUM, root, MPI_COMM_WORLD);
        });
  }
  void all_reduce(std::span<const double> mine, std::span<double> sum) {
    const int n = static_cast<int>(mine.size());
    finish(
        [&](MPI_Request* r) {
          return MPI_Iallreduce(mine.data(), sum.data(), n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, r);
        },
        [&] {
          return MPI_Allreduce(mine.data(), sum.data(), n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        });
  }
  void reduce_scatter(std::span<const double> all, std::span<double> mine) {
    const int n = static_cast<int>(mine.size());
    finish(
        [&](MPI_Request* r) {
          return MPI_Ireduce_scatter_block(all.data(), mine.data(), n, MPI_DOUBLE, MPI_SUM,
                                           MPI_COMM_WORLD, r);
        },
        [&] {
          return MPI_Reduce_scatter_block(all.data(), mine.data(), n, MPI_DOUBLE, MPI_SUM,
                                          MPI_COMM_WORLD);
        });
  }

  void recv_idle(int source, std::span<char> bytes) {
    // A blocking receive of MPI polls; a rank that looks a hundred times a second disturbs nobody.
    for (int ready = 0;;) {
      MPI_Iprobe(source, tag, MPI_COMM_WORLD, &ready, MPI_STATUS_IGNORE);
      if (ready) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    recv(source, bytes);
  }

 private:
  // Where ranks exceed cores, a blocking call gives its core to others. mpirun of Open MPI was told
  // to yield. Debian's MPICH never does (MPIR_CVAR_POLLS_BEFORE_YIELD acts on another device), so
  // that a blocking call burns whole time slices: the program has to yield itself.
  template <class Start, class Call>
  void yield_until_done([[maybe_unused]] Start&& start, [[maybe_unused]] Call&& call) {
#ifdef MPICH
    MPI_Request request;
    start(&request);
    for (int done = 0;;) {
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done) return;
      sched_yield();
    }
#else
    call();
#endif
  }
  // A collective operation.
  template <class Start, class Call>
  void finish(Start&& start, Call&& call) {
    crowded_ ? yield_until_done(start, call) : static_cast<void>(call());
  }

  int rank_ = 0;
  int size_ = 0;
  bool crowded_ = false;  // more ranks than cores
};

class window {
 public:
  window(job&, std::size_t length) { requests_.reserve(length); }

  void isend(int dest, std::span<const char> bytes) {
    MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, dest, tag, MPI_COMM_WORLD,
              &requests_.emplace_back());
  }
  void irecv(int source, std::span<char> bytes) {
    MPI_Irecv(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, source, tag, MPI_COMM_WORLD,
              &requests_.emplace_back());
  }
  void wait_all() {
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    requests_.clear();
  }

 private:
  std::vector<MPI_Request> requests_;
};

}  // namespace layer
