# The steps of a user: install, find_package, build, run bare, run under cohortrun.
# Given: build (the built tree), work (a folder for this test), consumer (the user's project),
# generator, compiler, flags (as the tree was built), bin (where programs are installed).
cmake_minimum_required(VERSION 3.25)

function(step)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${code}): ${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_lines expected)
  string(STRIP "${output}" lines)
  string(REPLACE "\n" ";" lines "${lines}")
  list(SORT lines)
  if(NOT lines STREQUAL expected)
    message(FATAL_ERROR "expected the lines '${expected}', got '${lines}'")
  endif()
endfunction()

file(REMOVE_RECURSE ${work})
set(prefix ${work}/prefix)
step(${CMAKE_COMMAND} --install ${build} --prefix ${prefix})
step(${CMAKE_COMMAND} -S ${consumer} -B ${work}/build -G ${generator} -D CMAKE_BUILD_TYPE=Release
     -D CMAKE_CXX_COMPILER=${compiler} "-DCMAKE_CXX_FLAGS=${flags}"
     -D CMAKE_PREFIX_PATH=${prefix})
step(${CMAKE_COMMAND} --build ${work}/build)

step(${work}/build/consumer)
expect_lines("rank 0 of 1 has 1 apple(s)")
step(${prefix}/${bin}/cohortrun -n 2 ${work}/build/consumer)
expect_lines("rank 0 of 2 has 1 apple(s);rank 1 of 2 has 2 apple(s)")
