// Starting jobs: who is started, with what, and what is said when it can't be.
#include "launcher/member_program.hpp"
#include "launcher/topology.hpp"
#include "runtime/system.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

namespace cohort::test {
namespace {

using words = std::vector<std::string>;

TEST(start, programs_that_know_nothing_of_cohort) {
  const outcome done = run_tool({"-n", "4", "echo", "hello", "world"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "hello world\nhello world\nhello world\nhello world\n");
  EXPECT_EQ(done.errors, "");
}

TEST(start, tool_name_and_subcommand_are_the_same) {
  tool_run::options as_cohort;
  as_cohort.tool = "cohort";
  const outcome done = run_tool({"run", "-n", "2", "echo", "x"}, as_cohort);
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "x\nx\n");
  EXPECT_TRUE(has(run_tool({"rnu"}, as_cohort).errors, "did you mean run?"));
  EXPECT_EQ(run_tool({}, as_cohort).exit_code, 2);
}

TEST(start, ranks_join_the_job) {
  const outcome done = run_tool({"-n", "3", member_program(), "0/recv=1", "1/send=0", "say=done"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(done.output, "done\ndone\ndone\n");
}

TEST(start, several_programs) {
  const outcome done =
      run_tool({"-n", "1", "-x", "WHO=first", "sh", "-c", "echo $WHO", ":", "-n", "2", "-x",
                "WHO=second", "--wdir", "/", "sh", "-c", "echo $WHO in $PWD"});
  EXPECT_EQ(done.exit_code, 0);
  auto lines = lines_of(done.output);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (words{"first", "second in /", "second in /"}));
}

TEST(start, many_ranks) {
  const outcome done = run_tool({"-n", "256", member_program(), "say=here"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  const auto lines = lines_of(done.output);
  EXPECT_EQ(lines.size(), 256U);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "here"), 256);
}

TEST(start, ranks_see_the_original_limits_and_no_descriptors_of_the_launcher) {
  const std::string launcher = tool_folder() + "/cohortrun";
  const outcome done = run_tool(
      {"-n", "1", "sh", "-c",
       "ulimit -Sn 64; exec " + launcher +
           " -n 20 sh -c 'echo limit $(ulimit -Sn); echo open $(ls /proc/self/fd | wc -l)'"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  const auto lines = lines_of(done.output);
  EXPECT_EQ(lines.size(), 40U);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "limit 64"), 20);
  for (const std::string& line : lines) {
    if (line.rfind("open ", 0) != 0) continue;
    // Three standard ones, the arena and the control pipe of this job and of the outer one, and
    // the one that ls reads; what the tests' own parent leaves open comes on top.
    EXPECT_LE(std::stoi(line.substr(5)), 20) << "of 40 pipes and more in the launcher";
  }
}

TEST(start, environment_holds_the_start_variable_and_nothing_else_of_ours) {
  const outcome done = run_tool({"-n", "1", "env"});
  int ours = 0;
  for (const std::string& line : lines_of(done.output)) ours += line.rfind("COHORT_", 0) == 0;
  EXPECT_EQ(ours, 1);
  EXPECT_TRUE(has(done.output, "COHORT_JOB="));
}

TEST(start, variable_of_the_launcher_can_be_passed_by_name) {
  tool_run::options chosen;
  chosen.environment = {"GIVEN=by the test"};
  EXPECT_EQ(run_tool({"-n", "1", "-x", "GIVEN", "sh", "-c", "echo $GIVEN"}, chosen).output,
            "by the test\n");
}

TEST(start, missing_program_is_one_clear_error) {
  const outcome done = run_tool({"-n", "4", "./no-such-program"});
  EXPECT_EQ(done.exit_code, 127);
  EXPECT_EQ(lines_of(done.errors).size(), 1U) << done.errors;
  EXPECT_TRUE(has(done.errors, "no program ./no-such-program"));
  EXPECT_EQ(run_tool({"no-such-program"}).exit_code, 127);
  // In any group, and before anything of the other is started.
  EXPECT_EQ(run_tool({"-n", "1", "echo", "no", ":", "-n", "1", "./no-such-program"}).output, "");
}

TEST(start, programs_that_can_not_run) {
  const temporary_folder folder;
  const std::string path = folder.path() + "/program";
  write_file(path, "#!/bin/sh\n", 0644);
  outcome done = run_tool({"-n", "2", path});
  EXPECT_EQ(done.exit_code, 126);
  EXPECT_TRUE(has(done.errors, "chmod +x"));

  write_file(path, "no program at all", 0755);
  done = run_tool({"-n", "2", path});
  EXPECT_EQ(done.exit_code, 126);
  EXPECT_TRUE(has(done.errors, "#!/bin/sh"));
  EXPECT_EQ(lines_of(done.errors).size(), 1U) << done.errors;

  write_file(path, "#!/no/such/interpreter\n", 0755);
  done = run_tool({"-n", "2", path});
  EXPECT_EQ(done.exit_code, 127);
  EXPECT_TRUE(has(done.errors, "interpreter"));

  done = run_tool({"-n", "2", folder.path()});
  EXPECT_EQ(done.exit_code, 126);
  EXPECT_TRUE(has(done.errors, "is a folder"));
}

TEST(start, program_beside_the_user_is_suggested) {
  const temporary_folder folder;
  write_file(folder.path() + "/prog", "#!/bin/sh\necho ran\n", 0755);
  const outcome done = run_tool({"--wdir", folder.path(), "-n", "1", "prog"});
  EXPECT_EQ(done.exit_code, 127);
  EXPECT_TRUE(has(done.errors, "write ./prog"));
  EXPECT_EQ(run_tool({"--wdir", folder.path(), "-n", "1", "./prog"}).output, "ran\n");
}

TEST(start, folder_must_exist) {
  EXPECT_TRUE(
      has(run_tool({"--wdir", "/no/such/folder", "true"}).errors, "--wdir /no/such/folder"));
  EXPECT_TRUE(has(run_tool({"--wdir", "/etc/passwd", "true"}).errors, "not a folder"));
}

TEST(start, wrong_command_line_is_exit_code_two) {
  for (const words& line : {words{},
                            {"-n", "0", "true"},
                            {"-n", "-1", "true"},
                            {"-n", "abc", "true"},
                            {"--no-such", "true"}}) {
    const outcome done = run_tool(line);
    EXPECT_EQ(done.exit_code, 2);
    EXPECT_EQ(lines_of(done.errors).size(), 1U) << done.errors;
  }
}

TEST(start, wrong_setting_is_one_error) {
  tool_run::options chosen;
  chosen.environment = {"COHORT_STRCT=1"};
  for (const outcome& done :
       {run_tool({"-n", "4", "true"}, chosen),
        run_tool({"-n", "4", "-x", "COHORT_STRCT=1", "true"}),
        run_tool({"-n", "1", "true", ":", "-n", "4", "-x", "COHORT_STRICT=5", "true"})}) {
    EXPECT_EQ(done.exit_code, 2);
    EXPECT_EQ(lines_of(done.errors).size(), 1U) << done.errors;
    EXPECT_TRUE(has(done.errors, "COHORT_STRICT"));
  }
}

TEST(start, dry_run_says_what_it_would_run) {
  const temporary_folder folder;
  const std::string file = folder.path() + "/made";
  const outcome done = run_tool({"-n", "2", "-x", "A=b c", "--wrap", "nice -n 1", "--wrap-rank",
                                 "1", "--wdir", "/", "--dry-run", "touch", file});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "rank 0: cd / && env 'A=b c' touch " + file +
                             "\nrank 1: cd / && env 'A=b c' nice -n 1 touch " + file + "\n");
  struct stat status {};
  EXPECT_NE(::stat(file.c_str(), &status), 0);
}

TEST(start, wrapper_runs_the_rank) {
  outcome done = run_tool({"-n", "2", "--wrap", "env WRAPPED=1", "--wrap-rank", "1", "--tag-output",
                           "sh", "-c", "echo w=$WRAPPED"});
  EXPECT_TRUE(has(done.output, "[1,0]<stdout>:w=\n"));
  EXPECT_TRUE(has(done.output, "[1,1]<stdout>:w=1\n"));
  done = run_tool({"-n", "2", "--wrap", "no-such-debugger --args", "true"});
  EXPECT_EQ(done.exit_code, 127);
  EXPECT_TRUE(has(done.errors, "no-such-debugger"));
}

TEST(start, bound_ranks_keep_to_their_cores) {
  const outcome done =
      run_tool({"-n", "3", "--bind-to", "core", "--report-bindings", "--tag-output", "sh", "-c",
                "grep Cpus_allowed_list /proc/self/status"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(lines_of(done.output).size(), 3U);
  for (const char* rank : {"rank 0: core", "rank 1: core", "rank 2: core"}) {
    EXPECT_TRUE(has(done.errors, rank));
  }
  // The list of each rank is the one that was reported.
  for (const std::string& line : lines_of(done.output)) {
    const std::string rank = line.substr(3, line.find(']') - 3);
    const std::string list = line.substr(line.find('\t') + 1);
    const auto report = done.errors.find("rank " + rank + ": ");
    const std::string reported =
        done.errors.substr(report, done.errors.find('\n', report) - report);
    EXPECT_TRUE(has(reported, " " + list + ")"));
  }
  EXPECT_TRUE(has(run_tool({"-n", "1", "--report-bindings", "true"}).errors, "rank 0: not bound"));
}

TEST(start, job_knows_the_processors_of_its_binding) {
  const auto of_all = runtime::usable_processors();
  const auto of_one_core = launcher::usable_cores()[0].processors.size();
  const outcome free = run_tool({"-n", "1", member_program(), "say-processors"});
  EXPECT_EQ(free.output, std::to_string(of_all) + "\n");
  const outcome bound =
      run_tool({"-n", "1", "--bind-to", "core", member_program(), "say-processors"});
  EXPECT_EQ(bound.output, std::to_string(std::min<std::size_t>(of_all, of_one_core)) + "\n");
}

TEST(start, placements_are_reported) {
  const auto cores = launcher::usable_cores().size();
  const std::string all = std::to_string(cores);
  for (const char* order : {"core", "socket", "numa"}) {
    const outcome done = run_tool({"-n", "2", "--map-by", order, "--report-bindings", "true"});
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    EXPECT_TRUE(has(done.errors, "rank 0: core 0 (processor"));
    EXPECT_TRUE(has(done.errors, "rank 1: core "));
  }
  const outcome whole = run_tool({"-n", "1", "--cpus-per-rank", all, "nproc"});
  EXPECT_EQ(whole.output, run_tool({"-n", "1", "--bind-to", "none", "nproc"}).output);
}

TEST(start, verbose_reports_starts_and_ends) {
  const outcome done = run_tool({"-n", "2", "--verbose", member_program(), "say=x"});
  EXPECT_EQ(done.output, "x\nx\n");
  for (const std::string rank : {"cohortrun: rank 0 ", "cohortrun: rank 1 "}) {
    EXPECT_TRUE(has(done.errors, rank + "started as process "));
    EXPECT_TRUE(has(done.errors, rank + "joined as process "));
    EXPECT_TRUE(has(done.errors, rank + "exited with code 0"));
  }
}

TEST(start, more_cores_than_there_are) {
  const outcome done = run_tool({"-n", "1", "--cpus-per-rank", "100000", "true"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_TRUE(has(done.errors, "cores may be used"));
}

TEST(start, launcher_without_standard_descriptors) {
  const outcome done =
      run_tool({"-n", "1", "sh", "-c",
                tool_folder() + "/cohortrun -n 2 true <&- >&- 2>&-; echo ended with $?"});
  EXPECT_EQ(done.output, "ended with 0\n");
}

TEST(info, tells_about_build_machine_and_settings) {
  tool_run::options chosen;
  chosen.tool = "cohort";
  chosen.environment = {"COHORT_SPIN_MICROSECONDS=77"};
  const outcome done = run_tool({"info"}, chosen);
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  for (const char* part :
       {"compiler", "kernel", "processors for ranks", "cores", "shm", "memfd_create", "pidfd_open",
        "process_vm_readv", "membarrier", "COHORT_STRICT", "COHORT_SPIN_MICROSECONDS  77"}) {
    EXPECT_TRUE(has(done.output, part));
  }
}

TEST(help, shows_options_and_examples) {
  const outcome done = run_tool({"--help"});
  EXPECT_EQ(done.exit_code, 0);
  for (const char* part : {"-n, -np",
                           "-x NAME",
                           "--wdir",
                           "--bind-to",
                           "--map-by",
                           "--cpus-per-rank",
                           "--report-bindings",
                           "--oversubscribe",
                           "--tag-output",
                           "--output-filename",
                           "--timeout",
                           "--stdin",
                           "--wrap",
                           "--wrap-rank",
                           "--quiet",
                           "--verbose",
                           "--dry-run",
                           "--on-failure",
                           "Examples",
                           "per processor that may be used"}) {
    EXPECT_TRUE(has(done.output, part));
  }
  EXPECT_TRUE(has(run_tool({"--version"}).output, "cohortrun "));
}

}  // namespace
}  // namespace cohort::test
