// Says "ready" when all ranks have passed a barrier, then keeps still until a line of input comes:
// meanwhile the harness adds up the memory of the whole job from outside.
#include LAYER_HEADER

#include <array>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  std::array<char, 1> release{};
  job.barrier();
  if (job.rank() != 0) {
    job.recv_idle(0, release);
    return 0;
  }
  std::cout << "ready" << std::endl;
  std::string line;
  std::getline(std::cin, line);
  for (int rank = 1; rank < job.size(); ++rank) job.send(rank, release);
}
