// What is known of this process, of a child and of nobody.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/process_info.hpp>

#include "multiprocessing/mailbox.hpp"
#include "multiprocessing/process_fixture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

class information : public process_test {};

TEST_F(information, is_of_this_process) {
  ::setenv("PROCESS_INFO_TEST", "a=b", 1);
  const auto mine = process_info::of_this_process();
  EXPECT_EQ(mine.pid, ::getpid());
  EXPECT_EQ(mine.parent_pid, ::getppid());
  EXPECT_EQ(mine.state, process_activity::running);
  EXPECT_GE(mine.threads, 1u);
  EXPECT_GT(mine.resident_bytes, 64u * 1024);
  EXPECT_GT(mine.virtual_bytes, mine.resident_bytes);
  EXPECT_EQ(mine.working_directory, std::filesystem::current_path());
  EXPECT_EQ(mine.program, std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_FALSE(mine.command_line.empty());
  EXPECT_EQ(mine.environment->at("PROCESS_INFO_TEST"), "a=b");
  EXPECT_EQ(mine.processor_time(), mine.user_time + mine.system_time);
  const auto age = std::chrono::system_clock::now() - mine.created;
  EXPECT_GT(age, -1s);
  EXPECT_LT(age, 1h);
}

TEST_F(information, is_of_a_child) {
  const mailbox box;
  process child(
      [](const std::string& to) {
        const std::clock_t enough = std::clock() + CLOCKS_PER_SEC / 20;
        while (std::clock() < enough) {
        }
        std::filesystem::current_path("/");
        tell(to, "here");
        for (;;) ::pause();
      },
      box.path());
  child.start();
  EXPECT_EQ(box.line(), "here");
  ::kill(child.pid(), SIGSTOP);
  process_info its = process_info::of(child.pid());
  while (its.state != process_activity::stopped) its = process_info::of(child.pid());
  EXPECT_EQ(its.parent_pid, ::getpid());
  EXPECT_GE(its.processor_time(), 30ms);
  EXPECT_EQ(its.working_directory, "/");
  EXPECT_EQ(its.program, process_info::of_this_process().program);
  EXPECT_EQ(its.environment->count("HOME"),
            process_info::of_this_process().environment->count("HOME"));
  EXPECT_GE(its.created, process_info::of_this_process().created);
  child.kill();
  child.join();
  EXPECT_THROW(process_info::of(child.pid()), argument_error);
}

TEST_F(information, is_not_of_nobody) {
  EXPECT_THROW(process_info::of(-1), argument_error);
  EXPECT_THROW(process_info::of(1 << 30), argument_error);
}

}  // namespace
}  // namespace cohort::test
