# Runs the same random calls with cohort and with Open MPI, and compares the results.
#   cmake -D launcher=… -D ours=… -D mpirun=… -D theirs=… -D compare=… -D folder=…
#         -D ranks=1,3 -D first_seed=1 -D last_seed=2 -P differential_test.cmake
separate_arguments(mpirun UNIX_COMMAND "${mpirun}")
string(REPLACE "," ";" ranks "${ranks}")
foreach(count IN LISTS ranks)
  foreach(seed RANGE ${first_seed} ${last_seed})
    set(results ${folder}/${count}.${seed})
    file(REMOVE_RECURSE ${results})
    file(MAKE_DIRECTORY ${results})
    execute_process(COMMAND ${launcher} run -n ${count} --timeout 100 ${ours} ${seed} ${results}
                            COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${mpirun} -n ${count} ${theirs} ${seed} ${results}
                            COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${compare} ${seed} ${count} ${results} COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE_RECURSE ${results})
  endforeach()
endforeach()
