// Thread levels, as in the MPI standard.
#pragma once

namespace cohort::threading {

// Which threads of a rank may call the library; calls from others are a usage_error where the
// library can tell (single, funneled). `multiple` costs a lock per call.
//   cohort::environment env(argc, argv, cohort::threading::multiple);
enum level {
  single,      // the rank has one thread
  funneled,    // only the thread that made the environment
  serialized,  // any thread, one at a time; the program sees to that
  multiple,    // any thread at any time
};

}  // namespace cohort::threading
