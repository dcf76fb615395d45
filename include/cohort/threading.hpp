// Thread levels, as in the MPI standard.
#pragma once

namespace cohort::threading {

// Which threads of a rank may call the library.
enum level {
  single,      // the rank has one thread
  funneled,    // only the thread that made the environment
  serialized,  // any thread, one at a time; the program sees to that
  multiple,    // any thread at any time
};

}  // namespace cohort::threading
