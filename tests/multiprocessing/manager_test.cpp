// Managers: what each kind of object does, who can call it and who keeps it alive, and what its
// callers are told of errors.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/manager.hpp>
#include <cohort/multiprocessing/mutex.hpp>
#include <cohort/multiprocessing/queue.hpp>
#include <cohort/multiprocessing/remote_error.hpp>

#include "multiprocessing/process_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

class managers : public process_test {};

// The message of the E that the function throws.
template <class E, class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  ADD_FAILURE() << "no exception";
  return "";
}
testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != text.npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << part << "\" is not in: " << text;
}

void run(std::vector<process>& all) {
  for (process& each : all) each.start();
  for (process& each : all) {
    each.join();
    EXPECT_EQ(each.exit_code(), 0);
  }
}

TEST_F(managers, serve_from_a_process_of_their_own) {
  const manager m;
  EXPECT_EQ(m.name().rfind("manager-", 0), 0u) << m.name();
  EXPECT_NE(m.pid(), ::getpid());
  const auto value = m.make_value(0);
  const int pid = value.call<[](int&) { return static_cast<int>(::getpid()); }>();
  EXPECT_EQ(pid, m.pid());
}

TEST_F(managers, keep_dictionaries) {
  const manager m;
  const auto d = m.make_map<std::string, int>({{"one", 1}});
  d["key"] = 42;
  const int read = d["key"];
  EXPECT_EQ(read, 42);
  d["copy"] = d["key"];
  EXPECT_EQ(d.at("copy"), 42);
  EXPECT_THROW(d.at("none"), std::out_of_range);
  EXPECT_THROW(static_cast<void>(static_cast<int>(d["none"])), std::out_of_range);
  EXPECT_FALSE(d.contains("none")) << "reading changes nothing";
  EXPECT_EQ(d.get("none"), std::nullopt);
  EXPECT_FALSE(d.set("one", 11));
  EXPECT_FALSE(d.insert("one", 111));
  EXPECT_EQ(d.get("one"), 11);
  EXPECT_EQ(d.extract("one"), 11);
  EXPECT_EQ(d.extract("one"), std::nullopt);
  EXPECT_TRUE(d.insert("one", 1));
  EXPECT_TRUE(d.erase("copy"));
  EXPECT_FALSE(d.erase("copy"));
  d.update({{"one", 2}, {"two", 2}});
  EXPECT_EQ(d.copy(), (std::map<std::string, int>{{"key", 42}, {"one", 2}, {"two", 2}}));
  EXPECT_EQ(d.keys(), (std::vector<std::string>{"key", "one", "two"}));
  EXPECT_EQ(d.size(), 3u);
  d.clear();
  EXPECT_TRUE(d.empty());
}

TEST_F(managers, keep_lists_and_arrays) {
  const manager m;
  const auto l = m.make_list<std::string>({"a"});
  l.push_back("c");
  l.insert(1, "b");
  l.insert(3, "d");
  EXPECT_EQ(l.copy(), (std::vector<std::string>{"a", "b", "c", "d"}));
  l[0] = "A";
  EXPECT_EQ(std::string(l[0]), "A");
  l.erase(1);
  l.append({"x", "y"});
  EXPECT_EQ(l.pop_back(), "y");
  EXPECT_EQ(l.size(), 4u);
  EXPECT_THROW(l.at(4), std::out_of_range);
  EXPECT_THROW(l.set(4, ""), std::out_of_range);
  EXPECT_THROW(l.insert(5, ""), std::out_of_range);
  EXPECT_THROW(l.erase(4), std::out_of_range);
  l.clear();
  EXPECT_TRUE(l.empty());
  EXPECT_EQ(l.pop_back(), std::nullopt);

  const auto a = m.make_array<double>(3);
  a[2] = 0.5;
  a[1] = a[2];
  EXPECT_EQ(a.copy(), (std::vector<double>{0, 0.5, 0.5}));
  EXPECT_THROW(a.set(3, 1), std::out_of_range);
  const auto bits = m.make_array<bool>({false, true});
  bits[0] = true;
  EXPECT_EQ(bits.copy(), (std::vector<bool>{true, true}));
}

TEST_F(managers, keep_values_and_attributes) {
  const manager m;
  const auto v = m.make_value<std::string>("old");
  EXPECT_EQ(v.exchange("new"), "old");
  v.set("newer");
  EXPECT_EQ(v.get(), "newer");

  const auto n = m.make_namespace();
  n.set("year", 1851);
  n.set("title", "Moby-Dick");
  EXPECT_EQ(n.get<int>("year"), 1851);
  EXPECT_EQ(n.get<std::string>("title"), "Moby-Dick");
  EXPECT_EQ(n.names(), (std::vector<std::string>{"title", "year"}));
  EXPECT_TRUE(contains(error_of<type_error>([&] { n.get<std::string>("year"); }), "\"year\""));
  EXPECT_TRUE(contains(error_of<std::out_of_range>([&] { n.get<int>("month"); }), "\"month\""));
  EXPECT_TRUE(n.erase("year"));
  EXPECT_FALSE(n.erase("year"));
  EXPECT_FALSE(n.contains("year"));
  EXPECT_TRUE(n.contains("title"));
}

class account {
 public:
  explicit account(long cents, std::string owner = "nobody")
      : cents_(cents), owner_(std::move(owner)) {
    if (cents < 0) throw std::invalid_argument("an account begins with something");
  }
  long deposit(long cents) { return cents_ += cents; }
  long balance() const noexcept { return cents_; }
  void rename(std::string_view owner) { owner_ = owner; }
  const std::string& owner() const { return owner_; }
  void withdraw(long cents) {
    if (cents > cents_) throw std::domain_error("only " + std::to_string(cents_) + " are left");
    cents_ -= cents;
  }
  void strange() { throw 7; }

 private:
  long cents_;
  std::string owner_;
};

long twice(const account& a, int times) {
  return a.balance() * 2 * times;
}

TEST_F(managers, serve_functions_of_the_users_classes) {
  const manager m;
  const auto a = m.make<account>(100, "me");
  EXPECT_EQ(a.call<&account::deposit>(5), 105);
  EXPECT_EQ(a.call<&account::balance>(), 105);
  EXPECT_EQ(a.call<&account::owner>(), "me");
  a.call<&account::rename>("you");
  a.call<&account::rename>(a.call<&account::owner>() + "!");
  EXPECT_EQ(a.call<&account::owner>(), "you!");
  EXPECT_EQ(a.call<&twice>(2), 420);
  const long left = a.call<[](account& it, long cents) {
    it.withdraw(cents);
    return it.balance();
  }>(5);
  EXPECT_EQ(left, 100);
  EXPECT_EQ(a.call<&account::deposit>(1, within(std::chrono::hours(1))), 101);
}

TEST_F(managers, raise_errors_again_at_the_caller) {
  const manager m;
  const auto a = m.make<account>(100);
  try {
    a.call<&account::withdraw>(500);
    FAIL() << "no exception";
  } catch (const remote_error& e) {
    EXPECT_EQ(e.type(), "std::domain_error");
    EXPECT_EQ(e.text(), "only 100 are left");
    EXPECT_TRUE(contains(e.process(), m.name()));
    EXPECT_TRUE(contains(e.what(), "only 100 are left"));
  }
  EXPECT_EQ(a.call<&account::balance>(), 100) << "the server goes on";
  EXPECT_TRUE(contains(error_of<remote_error>([&] { a.call<&account::strange>(); }), "int"));
  EXPECT_TRUE(contains(error_of<remote_error>([&] { m.make<account>(-1); }), "begins with"));
}

TEST_F(managers, know_no_object_behind_an_empty_proxy) {
  const proxy<account> none;
  EXPECT_TRUE(contains(error_of<usage_error>([&] { none.call<&account::balance>(); }), "assign"));
  byte_buffer bytes;
  packed_oarchive archive(bytes);
  EXPECT_THROW(archive << none, usage_error);
}

// What bytes from elsewhere could ask for.
class forger : public detail::managed_object {
 public:
  explicit forger(detail::managed_object object) : managed_object(std::move(object)) {}
  void call(const detail::code_place& place) const {
    byte_buffer bytes;
    packed_oarchive request(bytes);
    begin_call(request, place, call_site::unknown());
    exchange(bytes, call_site::unknown());
  }
  void make(const detail::code_place& place) const {
    byte_buffer bytes;
    packed_oarchive request(bytes);
    begin_make(request, place, call_site::unknown());
    exchange(bytes, call_site::unknown());
  }
};

TEST_F(managers, call_registered_functions_of_the_objects_class_only) {
  const manager m;
  const auto a = m.make<account>(100);
  const forger forged(a);
  const auto refused = [&](auto&& f) { return error_of<remote_error>(f); };
  const auto method = detail::place_of_record<detail::served_method<account, &account::balance>>();
  EXPECT_NO_THROW(forged.call(method));
  const auto foreign = detail::place_of_record<detail::served_method<
      std::map<std::string, int>, &detail::map_functions<std::string, int>::clear>>();
  EXPECT_TRUE(contains(refused([&] { forged.call(foreign); }), "of another class"));
  const auto maker = detail::place_of_record<detail::served_class<account, long>>();
  EXPECT_TRUE(contains(refused([&] { forged.call(maker); }), "a class is named"));
  EXPECT_TRUE(contains(refused([&] { forged.make(method); }), "an object already"));
  EXPECT_TRUE(contains(refused([&] {
                         forged.call({method.module, method.offset + 8});
                       }),
                       "no callable at offset"));
  EXPECT_TRUE(contains(refused([&] { forged.call({1, 2}); }), "build-id"));
  EXPECT_EQ(a.call<&account::balance>(), 100);
}

// Fails where it is told to.
struct fragile {
  enum stage : int { fine, packing, unpacking } fails = fine;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    if (Archive::is_saving::value && fails == packing) throw std::runtime_error("not packed");
    archive& fails;
    if (Archive::is_loading::value && fails == unpacking) throw std::runtime_error("not unpacked");
  }
};

TEST_F(managers, survive_values_that_can_not_be_packed) {
  const manager m;
  const auto v = m.make_value<fragile>();
  EXPECT_EQ(error_of<std::runtime_error>([&] { v.set({fragile::packing}); }), "not packed");
  EXPECT_TRUE(
      contains(error_of<remote_error>([&] { v.set({fragile::unpacking}); }), "not unpacked"));
  const auto n = m.make_value<int>();
  const auto bad_result = [&] { n.call<[](int&) { return fragile{fragile::packing}; }>(); };
  EXPECT_TRUE(contains(error_of<remote_error>(bad_result), "not packed"));
  EXPECT_EQ(v.get().fails, fragile::fine);
}

TEST_F(managers, carry_values_of_any_size) {
  const manager m;
  const auto v = m.make_value<std::string>("");
  for (const std::size_t size : {0u, 1u, 255u, 4096u, 65536u, 1u << 20, 16u << 20, 3u}) {
    const std::string text(size, 'x');
    v.set(text);
    EXPECT_EQ(v.get(), text) << size;
  }
}

TEST_F(managers, serve_the_threads_of_a_process) {
  const manager m;
  const auto v = m.make_value<long>(0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([v] {
      for (int i = 0; i < 500; ++i) v.call<[](long& value) { ++value; }>();
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(v.get(), 2000);
}

// Golden example 15.
TEST_F(managers, count_down_under_a_lock_by_a_hundred_processes) {
  const manager m;
  const auto d = m.make_map<std::string, int>({{"count", 100}});
  std::vector<process> workers;
  const mutex lock;
  for (int i = 0; i < 100; ++i) {
    workers.emplace_back(
        [](managed_map<std::string, int> dictionary, mutex guard) {
          const std::scoped_lock held(guard);
          dictionary["count"] = dictionary["count"] - 1;
        },
        d, lock);
  }
  run(workers);
  EXPECT_EQ(d.at("count"), 0);
}

// Golden example 16.
TEST_F(managers, collect_the_results_of_ten_workers) {
  const manager m;
  const auto d = m.make_map<int, int>();
  std::vector<process> workers;
  for (int i = 0; i < 10; ++i) {
    workers.emplace_back([](managed_map<int, int> to, int key) { to[key] = 2 * key; }, d, i);
  }
  run(workers);
  std::string printed;
  for (const auto& [key, value] : d.copy()) {
    printed += std::to_string(key) + ":" + std::to_string(value) + " ";
  }
  EXPECT_EQ(printed, "0:0 1:2 2:4 3:6 4:8 5:10 6:12 7:14 8:16 9:18 ");
}

TEST_F(managers, are_reached_by_proxies_from_queues_and_from_other_objects) {
  const manager m;
  const auto inner = m.make_list<int>();
  const auto outer = m.make_map<std::string, managed_list<int>>();
  outer["list"] = inner;
  queue<managed_map<std::string, managed_list<int>>> proxies;
  proxies.put(outer);
  process worker(
      [](queue<managed_map<std::string, managed_list<int>>> from) {
        const auto found = from.get();
        found.at("list").push_back(7);
      },
      proxies);
  worker.start();
  worker.join();
  EXPECT_EQ(worker.exit_code(), 0);
  EXPECT_EQ(inner.copy(), std::vector<int>{7});
}

TEST_F(managers, refuse_calls_of_the_server_to_itself) {
  const manager m;
  const auto v = m.make_value<int>(1);
  const auto holder = m.make_value<managed_value<int>>(v);
  const auto nested = [&] { holder.call<[](managed_value<int>& it) { return it.get(); }>(); };
  EXPECT_TRUE(contains(error_of<remote_error>(nested), "would wait for itself"));
  const manager other;
  const auto elsewhere = other.make_value<managed_value<int>>(v);
  const int through = elsewhere.call<[](managed_value<int>& it) { return it.get(); }>();
  EXPECT_EQ(through, 1) << "another manager's server may";
}

}  // namespace
}  // namespace cohort::test
