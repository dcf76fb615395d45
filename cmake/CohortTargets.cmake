# How this project's own targets are compiled. None of this reaches a project that adds cohort as a
# subdirectory or finds it installed.

# Warnings are errors in our own code (`cmake --compile-no-warning-as-error` makes them warnings).
function(cohort_own_target target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion)
  # GCC 12 takes "text" + std::string for a copy onto itself at -O3 (its bug 105651).
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-error=restrict)
  endif()
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ${PROJECT_IS_TOP_LEVEL}
                                             CXX_EXTENSIONS OFF)
endfunction()

# The same source is often built again: after a change of branch, in another clone.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(COHORT_CCACHE ccache)
  if(COHORT_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${COHORT_CCACHE})
  endif()
endif()
