// Deadlock: ranks 1 and 5 each want to receive before they send, and so wait for each other for
// ever. How to see that, and how to do it right.
//   cohortrun -n 9 deadlock
#include <cohort/cohort.hpp>

#include <chrono>
#include <iostream>
#include <string>

enum tags { mistaken_tag, right_tag };

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  if (world.size() < 6) {
    if (world.rank() != 0) return 0;
    std::cerr << "deadlock needs 6 ranks: cohortrun -n 6 deadlock\n";
    return 2;
  }
  if (world.rank() != 1 && world.rank() != 5) return 0;

  const int partner = world.rank() == 1 ? 5 : 1;
  const std::string name = "rank " + std::to_string(world.rank());
  const std::string mine = "greetings from " + name;

  // The mistake. Each send comes after a receive that waits for the other's send. Without the
  // deadline this would hang; with it the receive gives up and says what it was waiting for. The
  // first to give up sees the other in the same place; the second finds it gone on to the cure.
  // (For a program that hangs already: cohortrun --timeout 10 says where each rank is.)
  try {
    const auto theirs =
        world.recv<std::string>(partner, mistaken_tag, cohort::within(std::chrono::seconds(1)));
    world.send(partner, mistaken_tag, mine);
    std::cout << name << " received: " << theirs << '\n';
  } catch (const cohort::timeout_error& deadlock) {
    std::cout << name << " is stuck: " << deadlock.what() << '\n';
  }

  // The cure: both at once, in whichever order the messages come and however long they are. That
  // both send first and then receive is no cure: a long send waits for its receive.
  const auto theirs = world.sendrecv<std::string>(partner, right_tag, mine, partner, right_tag);
  std::cout << name << " received: " << theirs << '\n';
}
