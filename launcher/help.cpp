// The help texts.
#include "launcher/help.hpp"

namespace cohort::launcher {

std::string_view tool_help() {
  return R"(Usage: cohort COMMAND [arguments]

  run       start programs as the ranks of a job; `cohortrun` is short for `cohort run`
  info      version, build, topology, what this kernel allows, and all COHORT_ settings
  explain   how a collective operation is carried out, step by step, as text and as a picture
  help      this text

  cohort run --help           the options of run
  cohort info --collectives   the algorithms of collective operations, and when each is chosen
  cohort explain --help       the options of explain
  cohort --version            the version
)";
}

std::string_view run_help() {
  return R"(Usage: cohortrun [-n N] [options] program [arguments] [: [-n M] [options] program [arguments]]…

Starts N copies of a program as the ranks of one job on this machine. One dash or two are the same;
--option=value is --option value. From the program's name on, everything is the program's.

Programs
  -n, -np N              number of ranks; without it one per processor that may be used
  -x NAME[=VALUE]        set a variable for the ranks (of this program)
  --wdir FOLDER          the ranks' working folder (of this program)
  --wrap 'COMMAND'       run each rank under a command, such as 'gdb --args' or valgrind
  --wrap-rank RANK|all   the rank to be wrapped; all by default
  --dry-run              print what each rank would run, and run nothing

Placement
  --bind-to core|none    bind each rank to cores of its own; ranks beyond the last core start over
                         with the first; default: none, or core if one of the next two is given
  --map-by ORDER         core: one core after the other; socket, numa: take turns among them
  --cpus-per-rank N      cores per rank
  --report-bindings      say which rank is bound to what
  --nooversubscribe      refuse to start more ranks than there are processors
  --oversubscribe        allow it; the default, since waiting ranks give way to others

Input and output
  --stdin RANK|all|none  who reads the standard input; rank 0 by default
  --tag-output           start each line with [1,RANK]<stdout>: or [1,RANK]<stderr>:
  --output-filename P    write each rank's output to P.RANK.stdout and P.RANK.stderr; where P is a
                         folder, to P/RANK.stdout and P/RANK.stderr
  --quiet                no messages of the launcher's own
  --verbose              report starts and ends of ranks

End
  --timeout SECONDS      end the job after this time, with exit code 124
  --on-failure POLICY    end: end the job when a rank fails (default); continue: go on without it
  --help, --version

The exit code is that of the first rank that failed: its own, 128 + the signal that it died of, or 1
if it ended without finalizing. 126 and 127: a program can't be run, or is not there. 2: the command
line is wrong. The end of the launcher, whatever its cause, ends all that it started.

Examples
  cohortrun -n 4 ./heat 1000 1000             four ranks
  cohortrun ./heat                            a rank for each processor
  cohortrun -n 1 ./server : -n 3 ./client     two programs in one job
  cohortrun -n 2 --bind-to core -x OMP_NUM_THREADS=1 ./bench
  cohortrun -n 4 --tag-output hostname        programs that don't use cohort run, too
  cohortrun -n 4 --wrap 'xterm -e gdb --args' --wrap-rank 2 ./heat
  cohortrun -n 4 --timeout 60 --on-failure=continue ./survivor
)";
}

}  // namespace cohort::launcher
