// Half round trip of one object between ranks 0 and 1, received into an object that is used again.
// Usage: objects string|vector_double|vector_string|map…
#include LAYER_HEADER

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "batches.hpp"

namespace {

template <class T>
void measure(layer::job& job, std::string_view which, const T& object) {
  T in{};
  if (job.rank() == 0) {
    const double lap = bench::lead(job, 1, [&] {
      job.send_object(1, object);
      job.recv_object(1, in);
    });
    bench::report(which, lap / 2, "us");
  } else {
    bench::follow(job, 0, [&] {
      job.recv_object(0, in);
      job.send_object(0, object);
    });
  }
  if (in != object) {
    std::cerr << "objects: " << which << " arrived with wrong contents\n";
    std::exit(1);
  }
}

std::string word(int n) {
  return "word number " + std::to_string(1000 + n);
}

std::vector<std::string> hundred_strings() {
  std::vector<std::string> strings;
  for (int n = 0; n != 100; ++n) strings.push_back(word(n));
  return strings;
}

std::map<std::string, int> hundred_entries() {
  std::map<std::string, int> entries;
  for (int n = 0; n != 100; ++n) entries[word(n)] = n;
  return entries;
}

}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view which = argv[i];
    job.barrier();
    if (which == "string") measure(job, which, std::string("sixteen letters!"));
    if (which == "vector_double") measure(job, which, std::vector<double>(1024, 1.5));
    if (which == "vector_string") measure(job, which, hundred_strings());
    if (which == "map") measure(job, which, hundred_entries());
  }
}
