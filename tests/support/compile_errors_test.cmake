# Programs that must not compile, and what the compiler has to say about them. Run with -D compiler,
# flags and folder; each case is a file that holds one program and, after "// expected: ", the text.
file(GLOB cases ${folder}/*.cpp)
list(LENGTH cases count)
if(count EQUAL 0)
  message(FATAL_ERROR "there are no cases")
endif()
separate_arguments(flags UNIX_COMMAND "${flags}")
foreach(case IN LISTS cases)
  get_filename_component(name ${case} NAME_WE)
  file(STRINGS ${case} expected REGEX "^// expected: ")
  string(REPLACE "// expected: " "" expected "${expected}")
  execute_process(
    COMMAND ${compiler} -std=c++20 ${flags} -fsyntax-only ${case}
    RESULT_VARIABLE result
    ERROR_VARIABLE said
    OUTPUT_VARIABLE said)
  if(expected STREQUAL "")  # right, so that it is seen that the others are wrong for one reason
    if(NOT result EQUAL 0)
      message(SEND_ERROR "${name} does not compile:\n${said}")
    endif()
  elseif(result EQUAL 0)
    message(SEND_ERROR "${name} compiles, but must not")
  else()
    string(FIND "${said}" "${expected}" position)
    if(position EQUAL -1)
      message(SEND_ERROR "${name}: \"${expected}\" is not in what the compiler says:\n${said}")
    endif()
  endif()
endforeach()
