// Work of several messages that goes on behind one request, such as a non-blocking collective.
#pragma once

#include <exception>

namespace cohort::runtime {

// Advanced by its endpoint, under the endpoint's guard, in every turn of every wait and test, until
// it has ended. What it does never blocks and never throws.
class activity {
 public:
  virtual ~activity() = default;

  // Does what can be done without waiting. True once it has ended; it is not called again then.
  virtual bool advance() noexcept = 0;
  // After its end: what went wrong, if anything.
  virtual std::exception_ptr problem() const noexcept = 0;
  // Nobody holds the request any more: from now on, what the caller has lent is not touched. Throws
  // std::bad_alloc, with nothing done, if that needs memory that is not there.
  virtual void detach() = 0;
};

}  // namespace cohort::runtime
