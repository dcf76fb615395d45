// Hello: every rank runs the same program, and only its rank tells it which one it is.
//   cohortrun -n 5 hello
#include <cohort/cohort.hpp>

#include <iostream>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);  // a member of the job, until main ends
  cohort::communicator world;           // all ranks of the job

  // The ranks run side by side: which line comes first may differ from run to run.
  std::cout << "hello from rank " << world.rank() << " of " << world.size() << '\n';
}
