// Kills processes at random moments. `campaign SCENARIO KILLS SEED`; prints what held, or what did
// not and exits with 1. After each kill the others must go on, and in the end the counts be right.
#include "multiprocessing/campaign/victims.hpp"

#include <cohort/cohort.hpp>

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <ranges>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using std::chrono::seconds;
using counters = shared_span<std::atomic<std::uint64_t>>;

// A queue: producers and consumers are killed. ------------------------------------------------

enum : std::size_t { put_count, got_count, disorder };
constexpr std::size_t bound = 32;

struct item {
  std::uint64_t producer = 0;
  std::uint64_t number = 0;
  std::string text;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& producer& number& text;
  }
};

void produce(queue<item> q, counters counts, std::uint64_t producer) {
  for (std::uint64_t number = 1;; ++number) {
    q.put({producer, number, std::string(number % 300, 'x')});
    ++counts[put_count];
  }
}

void consume(queue<item> q, counters counts) {
  std::map<std::uint64_t, std::uint64_t> last;
  for (;;) {
    const item next = q.get();
    ++counts[got_count];
    if (next.number <= last[next.producer] || next.text.size() != next.number % 300) {
      ++counts[disorder];
    }
    last[next.producer] = next.number;
  }
}

void queue_scenario(std::uint64_t kills, victims& all) {
  queue<item> q(bound);
  counters counts(3);
  std::uint64_t producers = 0;
  for (int i = 0; i < 2; ++i) {
    all.add([&] { return process(produce, q, counts, ++producers); });
    all.add([&] { return process(consume, q, counts); });
  }
  while (all.kills() < kills) {
    all.strike();
    require(q.size() <= bound, "the queue has more items than its bound");
    all.await_progress([&] { return counts[put_count].load(); });
    all.await_progress([&] { return counts[got_count].load(); });
  }
  all.kill_all();
  const std::uint64_t waiting = q.size();
  std::uint64_t drained = 0;
  while (q.try_get()) ++drained;
  require(drained == waiting, "the queue's size is not what is in it");
  require(counts[disorder] == 0, "items came out of order, or damaged");
  // Who was killed between its item and its count.
  const auto lost = static_cast<std::int64_t>(counts[put_count] - counts[got_count] - drained);
  require(std::abs(lost) <= static_cast<std::int64_t>(all.kills()),
          "lost " + std::to_string(lost) + " items by " + std::to_string(all.kills()) + " kills");
}

// Locks: owners and waiters are killed. -------------------------------------------------------

// What the lock guards: two numbers that are equal but while it is held.
enum : std::size_t { left, right, repairs };

template <class Mutex>
void change(Mutex m, counters counts) {
  for (;;) {
    try {
      const std::scoped_lock lock(m);
      ++counts[left];
      ++counts[right];
    } catch (const owner_died& news) {
      counts[right] = counts[left].load();
      ++counts[repairs];
      news.repaired();
    }
  }
}

void look(shared_mutex m, counters counts) {
  for (;;) {
    try {
      const std::shared_lock lock(m);
      if (counts[left] != counts[right]) std::abort();
    } catch (const owner_died& news) {
      counts[right] = counts[left].load();
      ++counts[repairs];
      news.repaired();
    }
  }
}

template <class Mutex>
void lock_scenario(std::uint64_t kills, victims& all) {
  Mutex m;
  counters counts(3);
  for (int i = 0; i < 3; ++i) all.add([&] { return process(change<Mutex>, m, counts); });
  if constexpr (std::same_as<Mutex, shared_mutex>) {
    for (int i = 0; i < 2; ++i) all.add([&] { return process(look, m, counts); });
  }
  while (all.kills() < kills) {
    all.strike();
    all.await_progress([&] { return counts[left].load(); });
  }
  all.kill_all();
  if (m.lock(std::nothrow, within(seconds(10))) == lock_status::owner_died) {
    counts[right] = counts[left].load();
    m.mark_repaired();
  }
  const std::scoped_lock lock(std::adopt_lock, m);
  require(counts[left] == counts[right], "the data is half changed, and nobody was told");
  require(counts[repairs] <= all.kills(), "more owners died than processes were killed");
}

// A condition and a semaphore: waiters are killed, and who wakes them. -------------------------

enum : std::size_t { available, taken };

void give(mutex m, condition c, semaphore s, counters counts) {
  for (;;) {
    try {
      {
        const std::scoped_lock lock(m);
        ++counts[available];
      }
      c.notify();
      s.release();
    } catch (const owner_died& news) {
      news.repaired();
    }
  }
}

void take(mutex m, condition c, semaphore s, counters counts) {
  for (;;) {
    try {
      s.acquire(within(std::chrono::milliseconds(5)));
    } catch (const timeout_error&) {
      // The permits of a dead process are gone; the condition tells of the items.
    }
    try {
      std::unique_lock lock(m);
      c.wait(lock, [&] { return counts[available] != 0; });
      --counts[available];
      ++counts[taken];
    } catch (const owner_died& news) {
      news.repaired();
    }
  }
}

void condition_scenario(std::uint64_t kills, victims& all) {
  mutex m;
  condition c;
  semaphore s(0);
  counters counts(2);
  for (int i = 0; i < 2; ++i) {
    all.add([&] { return process(give, m, c, s, counts); });
    all.add([&] { return process(take, m, c, s, counts); });
  }
  while (all.kills() < kills) {
    all.strike();
    all.await_progress([&] { return counts[taken].load(); });
  }
  all.kill_all();
  require(counts[available] < std::uint64_t{1} << 62, "more was taken than given");
}

// A barrier: a dead waiter breaks it. ----------------------------------------------------------

void meet(barrier b, counters counts) {
  for (;;) {
    try {
      if (b.wait() == 0) ++counts[0];
    } catch (const broken_barrier&) {
      b.reset();
    }
  }
}

void barrier_scenario(std::uint64_t kills, victims& all) {
  constexpr int parties = 3;
  barrier b(parties);
  counters counts(1);
  for (int i = 0; i < parties; ++i) all.add([&] { return process(meet, b, counts); });
  while (all.kills() < kills) {
    all.strike();
    all.await_progress([&] { return counts[0].load(); });
  }
}

// A pipe: the other end finds out. -------------------------------------------------------------

void talk(connection end) {
  for (int i = 0;; ++i) end.send(std::vector<int>(static_cast<std::size_t>(i % 2000), i));
}

void pipe_scenario(std::uint64_t kills, victims& all) {
  for (std::uint64_t i = 0; i < kills; ++i) {
    auto [mine, theirs] = pipe(false);
    process talker(talk, theirs);
    talker.start();
    theirs.close();
    const std::uint64_t heard = all.random()() % 50;
    int next = 0;
    const auto listen = [&] {
      const auto message = mine.recv<std::vector<int>>(within(seconds(10)));
      require(message == std::vector<int>(static_cast<std::size_t>(next % 2000), next),
              "a message is damaged");
      ++next;
    };
    for (std::uint64_t m = 0; m < heard; ++m) listen();
    talker.kill();
    try {
      for (;;) listen();  // what was sent whole
    } catch (const end_of_file&) {
    }
    require(talker.join(within(seconds(10))), "a killed process goes on");
  }
}

// A pool: workers are killed. ------------------------------------------------------------------

int doubled(int x) {
  std::this_thread::sleep_for(std::chrono::microseconds(50));
  return 2 * x;
}

std::vector<int> children_of_this_process() {
  std::vector<int> pids;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(task.path() / "children");
    for (int pid = 0; list >> pid;) pids.push_back(pid);
  }
  return pids;
}

void pool_scenario(std::uint64_t kills, victims& all) {
  pool workers(3);
  constexpr int tasks = 300;
  std::uint64_t struck = 0;
  while (struck < kills) {
    const bool repeat = all.random()() % 2 == 0;
    auto given = workers.with({.retries = repeat ? 1000 : 0});
    std::vector<future<int>> results;
    for (int i = 0; i < tasks; ++i) results.push_back(given.apply_async(doubled, i));
    std::uint64_t struck_now = 0;
    while (struck_now < 5) {
      std::this_thread::sleep_for(std::chrono::microseconds(all.random()() % 2000));
      const std::vector<int> pids = children_of_this_process();
      if (pids.empty()) continue;
      if (::kill(pids[all.random()() % pids.size()], SIGKILL) == 0) ++struck_now;
    }
    std::uint64_t failed = 0;
    for (int i = 0; i < tasks; ++i) {
      try {
        require(results[static_cast<std::size_t>(i)].get(within(seconds(20))) == 2 * i,
                "a task has another's result");
      } catch (const process_failed&) {
        ++failed;
      }
    }
    require(failed <= (repeat ? 0 : struck_now),
            std::to_string(failed) + " tasks failed by " + std::to_string(struck_now) + " kills");
    struck += struck_now;
  }
}

// A manager: clients are killed, and the server. -----------------------------------------------

void raise_count(managed_map<std::string, int> d, counters counts) {
  try {
    for (;;) {
      d.call<[](std::map<std::string, int>& m) { ++m["count"]; }>();
      ++counts[0];
    }
  } catch (const process_failed&) {
    ++counts[1];  // the server's end is told
  }
}

void manager_scenario(std::uint64_t kills, victims& all) {
  std::uint64_t struck = 0;
  while (struck < kills) {
    counters counts(2);
    manager m;
    auto d = m.make_map<std::string, int>({{"count", 0}});
    victims clients(static_cast<unsigned>(all.random()()));
    for (int i = 0; i < 3; ++i) clients.add([&] { return process(raise_count, d, counts); });
    for (int i = 0; i < 10; ++i) {
      clients.strike();
      clients.await_progress([&] { return counts[0].load(); });
    }
    const std::uint64_t counted = counts[0];
    require(static_cast<std::uint64_t>(d.at("count")) >= counted, "calls that ended are lost");
    ::kill(m.pid(), SIGKILL);
    const auto start = victims::clock::now();
    while (counts[1] != 3) {
      require(victims::clock::now() - start < seconds(10), "a client waits for a dead server");
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    try {
      d.size(within(seconds(10)));
      require(false, "a dead server answers");
    } catch (const process_failed&) {
    }
    struck += clients.kills() + 1;
  }
}

// Parents: their children go with them. --------------------------------------------------------

void idle() {
  event never;
  never.wait();
}

void parent(queue<int> pids) {
  process first(idle);
  process second(idle);
  first.start();
  second.start();
  pids.put(first.pid());
  pids.put(second.pid());
  idle();
}

bool lives(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  const char state = text[text.rfind(')') + 2];
  return state != 'Z' && state != 'X';
}

void parent_scenario(std::uint64_t kills, victims& all) {
  for (std::uint64_t struck = 0; struck < kills; ++struck) {
    queue<int> pids;
    process middle(parent, pids);
    middle.start();
    std::vector<int> below;
    const bool early = all.random()() % 2 == 0;
    if (early) {
      std::this_thread::sleep_for(std::chrono::microseconds(all.random()() % 6000));
    } else {
      below = {pids.get(), pids.get()};
    }
    middle.kill();
    require(middle.join(within(seconds(10))), "a killed process goes on");
    while (const auto pid = pids.try_get()) below.push_back(*pid);
    const auto start = victims::clock::now();
    for (const int pid : below) {
      while (lives(pid)) {
        require(victims::clock::now() - start < seconds(10), "an orphan goes on");
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    }
  }
}

const std::map<std::string, void (*)(std::uint64_t, victims&)> scenarios = {
    {"barrier", barrier_scenario},
    {"condition", condition_scenario},
    {"manager", manager_scenario},
    {"mutex", lock_scenario<mutex>},
    {"parent", parent_scenario},
    {"pipe", pipe_scenario},
    {"pool", pool_scenario},
    {"queue", queue_scenario},
    {"recursive_mutex", lock_scenario<recursive_mutex>},
    {"shared_mutex", lock_scenario<shared_mutex>},
};

}  // namespace
}  // namespace cohort::test

int main(int argc, char** argv) try {
  const cohort::environment env(argc, argv);
  using namespace cohort::test;
  const auto scenario = argc == 4 ? scenarios.find(argv[1]) : scenarios.end();
  if (scenario == scenarios.end()) {
    std::cerr << "usage: campaign SCENARIO KILLS SEED; scenarios:";
    for (const auto& [name, run] : scenarios) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  const std::uint64_t kills = std::strtoull(argv[2], nullptr, 10);
  victims all(static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10)));
  scenario->second(kills, all);
  all.kill_all();
  const std::vector<int> left = children_of_this_process();
  require(left.empty(), std::to_string(left.size()) + " processes are left");
  std::cout << scenario->first << ": " << kills << " kills, seed " << argv[3]
            << ", longest wait after one " << all.longest().count() << " ms\n";
  return 0;
} catch (const std::exception& e) {
  std::cerr << "campaign";
  for (int i = 1; i < argc; ++i) std::cerr << ' ' << argv[i];
  std::cerr << ": " << e.what() << '\n';
  return 1;
}
