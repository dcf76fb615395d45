// The layer over a pthread mutex that is shared by processes and robust.
#pragma once

#include <pthread.h>

#include <cerrno>
#include <system_error>

#include "multiprocessing/forked.hpp"

namespace layer {

// A copy means the same mutex.
class mutex {
 public:
  mutex() {
    pthread_mutexattr_t attributes;
    succeed(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
    succeed(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED),
            "pthread_mutexattr_setpshared");
    succeed(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST),
            "pthread_mutexattr_setrobust");
    succeed(pthread_mutex_init(mutex_.get(), &attributes), "pthread_mutex_init");
    pthread_mutexattr_destroy(&attributes);
  }

  // An owner that was killed, once the figure was taken, has left nothing to repair.
  void lock() {
    const int result = pthread_mutex_lock(mutex_.get());
    if (result == EOWNERDEAD) {
      succeed(pthread_mutex_consistent(mutex_.get()), "pthread_mutex_consistent");
    } else {
      succeed(result, "pthread_mutex_lock");
    }
  }
  void unlock() { succeed(pthread_mutex_unlock(mutex_.get()), "pthread_mutex_unlock"); }

 private:
  static void succeed(int result, const char* call) {
    if (result != 0) throw std::system_error(result, std::generic_category(), call);
  }

  shared<pthread_mutex_t> mutex_;
};

}  // namespace layer
