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
#ifdef MPICH
    // Debian's MPICH never yields (MPIR_CVAR_POLLS_BEFORE_YIELD acts on another device), so that
    // a blocking receive burns whole time slices: the program has to yield itself.
    MPI_Request request;
    MPI_Irecv(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, source, tag, MPI_COMM_WORLD,
              &request);
    for (int done = 0;;) {
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done) return;
      sched_yield();
    }
#else
    recv(source, bytes);  // mpirun was told to yield
#endif
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
  int rank_ = 0;
  int size_ = 0;
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
