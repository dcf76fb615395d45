// Point to point: one rank sends, one receives. Rank 0 sends a number to rank 4, and rank 1 a text
// to rank 8; the others have nothing to do.
//   cohortrun -n 9 point_to_point
#include <cohort/cohort.hpp>

#include <iostream>
#include <string>

// A tag says what a message is about. A receive takes only messages with the tag that it asks for.
enum tags { number_tag, text_tag };

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  if (world.size() < 9) {
    if (world.rank() != 0) return 0;
    std::cerr << "point_to_point needs 9 ranks: cohortrun -n 9 point_to_point\n";
    return 2;
  }

  if (world.rank() == 0) {
    const int number = 10'000'000;
    world.send(4, number_tag, number);
    std::cout << "rank 0 sent " << number << " to rank 4\n";
  } else if (world.rank() == 1) {
    const std::string text = "hello";
    world.send(8, text_tag, text);
    std::cout << "rank 1 sent \"" << text << "\" to rank 8\n";
  } else if (world.rank() == 4) {
    const int number = world.recv<int>(0, number_tag);
    std::cout << "rank 4 received " << number << " from rank 0\n";
  } else if (world.rank() == 8) {
    // How long the text is, it need not know.
    const std::string text = world.recv<std::string>(1, text_tag);
    std::cout << "rank 8 received \"" << text << "\" from rank 1\n";
  }
}
