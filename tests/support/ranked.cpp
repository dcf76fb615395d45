#include "support/ranked.hpp"

namespace cohort::test {

namespace {

std::vector<ranked_test>& registry() {
  static std::vector<ranked_test> tests;
  return tests;
}

}  // namespace

const std::vector<ranked_test>& ranked_tests() {
  return registry();
}

bool add(const ranked_test& test) {
  registry().push_back(test);
  return true;
}

}  // namespace cohort::test
