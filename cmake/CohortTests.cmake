# How tests are declared. One test program per folder, run as one test or, if it is ranked, once for
# each rank count.
#
# Labels say where a test runs. All run in release; `asan` and `tsan` mean: with that sanitizer too.
# `long` marks a campaign, which the short tier leaves out (scripts/test without --long).

include(GoogleTest)

# The rank counts that every multi-rank test runs at, as data.
set(ranks_file ${CMAKE_CURRENT_LIST_DIR}/../tests/ranks.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ranks_file})
file(STRINGS ${ranks_file} COHORT_TEST_RANKS REGEX "^[0-9]+$")

# cohort_sanitized(<label list> <target>...): what the tests with these labels run. The targets
# `asan_tests` and `tsan_tests` build no more than their sanitizer needs.
foreach(sanitizer IN ITEMS asan tsan)
  if(NOT TARGET ${sanitizer}_tests)
    add_custom_target(${sanitizer}_tests)
  endif()
endforeach()
function(cohort_sanitized labels)
  foreach(sanitizer IN ITEMS asan tsan)
    if(sanitizer IN_LIST labels)
      add_dependencies(${sanitizer}_tests ${ARGN})
    endif()
  endforeach()
endfunction()

# cohort_threads_test(NAME <test> COMMAND <target> [<argument>...] [LABELS <label>...]
#                     [TIMEOUT <seconds>] [ENVIRONMENT <name>=<value>...])
# Runs a program whose ranks are threads. Labels: `asan` and `tsan`, unless LABELS says otherwise.
function(cohort_threads_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT DEFINED arg_LABELS)
    set(arg_LABELS asan tsan)
  endif()
  if(NOT DEFINED arg_TIMEOUT)
    set(arg_TIMEOUT 900)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
                                              ENVIRONMENT "${arg_ENVIRONMENT}")
  list(GET arg_COMMAND 0 program)
  cohort_sanitized("${arg_LABELS}" ${program})
endfunction()

# cohort_ranked_test(NAME <test> COMMAND <target> [<argument>...] [RANKS <n>...]
#                    [LABELS <label>...] [TIMEOUT <seconds>] [ENVIRONMENT <name>=<value>...])
# Runs a program under cohortrun once for each rank count: tests <test>/1, <test>/2, ...
# Labels: `asan`, unless LABELS says otherwise.
function(cohort_ranked_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT" "COMMAND;RANKS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT DEFINED arg_RANKS)
    set(arg_RANKS ${COHORT_TEST_RANKS})
  endif()
  if(NOT DEFINED arg_LABELS)
    set(arg_LABELS asan)
  endif()
  if(NOT DEFINED arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  # The launcher ends a job that takes too long and accounts for it; CTest's limit is for a launcher
  # that hangs.
  math(EXPR watchdog "${arg_TIMEOUT} + 10")
  list(POP_FRONT arg_COMMAND program)
  cohort_sanitized("${arg_LABELS}" ${program} cohort_tool)
  foreach(ranks IN LISTS arg_RANKS)
    set(test ${arg_NAME}/${ranks})
    add_test(NAME ${test}
             COMMAND $<TARGET_FILE:cohort_tool> run -n ${ranks} --tag-output --timeout ${arg_TIMEOUT}
                     $<TARGET_FILE:${program}> ${arg_COMMAND})
    set_tests_properties(
      ${test} PROPERTIES TIMEOUT ${watchdog} PROCESSORS ${ranks} LABELS "${arg_LABELS}"
                         ENVIRONMENT "${arg_ENVIRONMENT}")
  endforeach()
endfunction()

# cohort_unit_test(NAME <test> SOURCES <file>... [LIBRARIES <target>...] [LABELS <label>...]
#                  [TIMEOUT <seconds>])
# A single-process GoogleTest program, target <test>; one test. Labels: `asan` and `tsan`, unless
# LABELS says otherwise.
function(cohort_unit_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT DEFINED arg_LABELS)
    set(arg_LABELS asan tsan)
  endif()
  if(NOT DEFINED arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  cohort_own_target(${arg_NAME})
  target_include_directories(${arg_NAME} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${arg_NAME} PRIVATE cohort::cohort ${arg_LIBRARIES} GTest::gtest_main)
  cohort_sanitized("${arg_LABELS}" ${arg_NAME})
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

# cohort_skipped_test(NAME <test> REASON <text> [LABELS <label>...])
# Stands for a test that can't run here, so that it is counted and its reason is seen.
function(cohort_skipped_test)
  cmake_parse_arguments(arg "" "NAME;REASON" "LABELS" ${ARGN})
  add_test(NAME ${arg_NAME} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${arg_REASON}")
  set_tests_properties(${arg_NAME} PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: "
                                              LABELS "${arg_LABELS}")
endfunction()
