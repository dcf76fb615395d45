# How targets of this project are compiled, and how its tests are declared.

# Warnings are errors in our own code; users of the library get none of these options.
function(cohort_own_target target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Werror)
endfunction()

# The rank counts that every multi-rank test runs at, as data.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../tests/ranks.txt COHORT_TEST_RANKS REGEX "^[0-9]+$")

# cohort_ranked_test(NAME <test> COMMAND <target> [args...] [RANKS n...] [LABELS l...]
#                    [TIMEOUT seconds] [ENVIRONMENT VAR=value...])
# Runs a program under cohortrun once for each rank count: tests <test>/1, <test>/2, ...
function(cohort_ranked_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT" "COMMAND;RANKS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT arg_RANKS)
    set(arg_RANKS ${COHORT_TEST_RANKS})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  list(POP_FRONT arg_COMMAND program)
  foreach(ranks IN LISTS arg_RANKS)
    add_test(NAME ${arg_NAME}/${ranks}
             COMMAND $<TARGET_FILE:cohort_tool> run -n ${ranks} --tag-output --timeout ${arg_TIMEOUT}
                     $<TARGET_FILE:${program}> ${arg_COMMAND})
    math(EXPR watchdog "${arg_TIMEOUT} + 10")
    set_tests_properties(${arg_NAME}/${ranks} PROPERTIES TIMEOUT ${watchdog} LABELS "${arg_LABELS}"
                                                         ENVIRONMENT "${arg_ENVIRONMENT}")
  endforeach()
endfunction()

# cohort_unit_test(NAME <test> SOURCES <file>... [LIBRARIES ...] [LABELS ...] [TIMEOUT seconds])
# A single-process GoogleTest executable; one CTest.
function(cohort_unit_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  cohort_own_target(${arg_NAME})
  target_include_directories(${arg_NAME} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${arg_NAME} PRIVATE cohort::cohort ${arg_LIBRARIES} GTest::gtest_main)
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
