// A crawler: the processes of a pool fetch pages and find their links; callbacks in the main
// process decide what is fetched next.
#include "common/option_reader.hpp"
#include "common/run_alone.hpp"
#include "http.hpp"
#include "url.hpp"

#include <cohort/cohort.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* usage =
    "Fetches a page, and all pages of the same server that it leads to, and says which links are "
    "broken.\n"
    "usage: crawler [--workers N] [--pages N] [--timeout MILLISECONDS] URL\n"
    "  URL           http://host:port/path\n"
    "  --workers N   processes, 1 to 256 (default: 4)\n"
    "  --pages N     how many pages to fetch at most, 1 to 100000 (default: 1000)\n"
    "  --timeout MS  how long to wait for a page, 1 to 3600000 (default: 10000)\n"
    "  --help        print this\n"
    "The exit code is 1 if a link is broken.\n"
    "example: crawler http://localhost:8000/\n";

struct options {
  url start;
  int workers = 4;
  std::size_t pages = 1000;
  int timeout = 10'000;
  bool help = false;
};

options parse_options(int argc, char** argv) {
  options result;
  bool have_start = false;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--workers") {
      result.workers = option.number(1, 256);
    } else if (option == "--pages") {
      result.pages = option.number<std::size_t>(1, 100'000);
    } else if (option == "--timeout") {
      result.timeout = option.number(1, 3'600'000);
    } else if (option == "--help") {
      result.help = true;
    } else if (const auto start = parse_url(option.text()); start && !have_start) {
      result.start = *start;
      have_start = true;
    } else {
      option.refuse();
    }
  }
  if (!have_start && !result.help) throw std::invalid_argument("the address of a page is missing");
  return result;
}

// What a worker says of a page.
struct page_report {
  int status = 0;
  std::size_t bytes = 0;
  std::vector<url> links;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& status& bytes& links;
  }
};

// In a worker: fetches the page and finds where it leads.
page_report visit(const url& page, int timeout) {
  const response answer = fetch(page, std::chrono::milliseconds(timeout));
  page_report report{answer.status, answer.body.size(), {}};
  std::vector<std::string> links;
  if (answer.status / 100 == 3) links.push_back(answer.target);
  if (answer.type.starts_with("text/html")) links = links_of(answer.body);
  for (const std::string& link : links) {
    if (const auto target = resolve(page, link)) report.links.push_back(*target);
  }
  return report;
}

// What is known of the site. Callbacks change it in the thread of the pool, one after the other;
// the main thread waits until nothing is under way.
class site {
 public:
  site(cohort::pool& workers, const options& chosen) : workers_(workers), chosen_(chosen) {}

  void crawl() {
    std::unique_lock lock(mutex_);
    request(chosen_.start, "");
    all_done_.wait(lock, [&] { return under_way_ == 0; });
  }

  // Returns how many links are broken.
  std::size_t print() const {
    std::size_t bytes = 0;
    for (const auto& [address, report] : pages_) {
      bytes += report.bytes;
      std::cout << report.status << ' ' << report.bytes << ' ' << address << '\n';
    }
    for (const auto& [address, problem] : broken_) {
      std::cout << "broken: " << address << " (" << problem << "), linked from "
                << (linked_from_.at(address).empty() ? "the command line"
                                                     : linked_from_.at(address))
                << '\n';
    }
    std::cout << pages_.size() << " pages, " << bytes << " bytes, " << broken_.size()
              << " broken links\n";
    return broken_.size();
  }

 private:
  // Under the mutex.
  void request(const url& page, const std::string& from) {
    const std::string address = page.text();
    if (linked_from_.size() == chosen_.pages || !linked_from_.emplace(address, from).second) return;
    ++under_way_;
    workers_.apply_async(visit, page, chosen_.timeout)
        .on_value([this, address](const page_report& report) { visited(address, report); })
        .on_error([this, address](const std::exception_ptr& error) { failed(address, error); });
  }

  void visited(const std::string& address, const page_report& report) {
    const std::scoped_lock lock(mutex_);
    pages_.emplace(address, report);
    if (report.status >= 400) broken_.emplace(address, "status " + std::to_string(report.status));
    for (const url& link : report.links) {
      if (link.host == chosen_.start.host && link.port == chosen_.start.port) {
        request(link, address);
      }
    }
    end_one();
  }

  void failed(const std::string& address, const std::exception_ptr& error) {
    const std::scoped_lock lock(mutex_);
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      broken_.emplace(address, e.what());
    }
    end_one();
  }

  void end_one() {
    if (--under_way_ == 0) all_done_.notify_all();
  }

  cohort::pool& workers_;
  const options& chosen_;
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::size_t under_way_ = 0;
  std::map<std::string, std::string> linked_from_;  // every address that was requested
  std::map<std::string, page_report> pages_;
  std::map<std::string, std::string> broken_;
};

int run(const options& chosen) {
  cohort::pool workers(chosen.workers);
  site whole(workers, chosen);
  whole.crawl();
  return whole.print() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_alone("crawler", usage, argc, argv, parse_options, run);
}
