// Which endpoint a call without a communicator means: the calling thread's if it has one, else the
// process's. These two, and the terminate handler that was there before ours, are the only mutable
// state outside objects.
#pragma once

#include "runtime/endpoint.hpp"

#include <memory>

namespace cohort::runtime {

void set_thread_endpoint(std::shared_ptr<endpoint> mine);
void set_process_endpoint(std::shared_ptr<endpoint> mine);
std::shared_ptr<endpoint> current_endpoint();

}  // namespace cohort::runtime
