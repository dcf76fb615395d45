// Where the rank is that these tests start: member_program.cpp says what it does.
#pragma once

#include <string>

namespace cohort::test {

inline std::string member_program() {
  return COHORT_TEST_MEMBER_PROGRAM;
}

}  // namespace cohort::test
