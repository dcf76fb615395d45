// Walks folders, and balances file sizes.
#include "text_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <queue>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

namespace {

class file_finder {
 public:
  void add(const std::string& path, bool named_by_user) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) {
      report(path, std::generic_category().message(errno));
    } else if (S_ISDIR(facts.st_mode)) {
      if (named_by_user || !std::filesystem::is_symlink(path)) add_folder(path);
    } else if (S_ISREG(facts.st_mode)) {
      // Device and inode tell a file whatever it is called, by a symbolic or by a hard link.
      if (seen_.emplace(facts.st_dev, facts.st_ino).second) {
        found_.files.push_back({path, static_cast<std::uint64_t>(facts.st_size)});
      }
    } else if (named_by_user) {  // reading a pipe or a device might never end
      report(path, "not a regular file");
    }
  }

  file_list result() { return std::move(found_); }

 private:
  // Not recursive_directory_iterator: that one ends at the first folder it may not open.
  void add_folder(const std::string& path) {
    std::error_code error;
    std::filesystem::directory_iterator entry(path, error);
    const std::filesystem::directory_iterator end;
    for (; !error && entry != end; entry.increment(error)) add(entry->path().string(), false);
    if (error) report(path, error.message());
  }

  void report(const std::string& path, const std::string& reason) {
    found_.problems.push_back(path + ": " + reason);
  }

  file_list found_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

file_list list_files(const std::vector<std::string>& paths) {
  file_finder finder;
  for (const std::string& path : paths) finder.add(path, true);
  return finder.result();
}

// Each file, the largest first, goes to whoever has the least so far ("longest processing time
// first", Graham 1969: at most 4/3 of the best possible). The sizes tell the work beforehand, so
// this costs one message a rank, and rank 0 can count as well; handing out on request would need a
// message a file and a rank that waits for the requests.
std::vector<std::vector<std::string>> share_out(std::vector<text_file> files, int hands) {
  std::sort(files.begin(), files.end(), [](const text_file& a, const text_file& b) {
    return std::tie(b.bytes, a.path) < std::tie(a.bytes, b.path);
  });
  // Bytes, then number of files (empty ones are shared, too), then rank: the least comes first.
  using load = std::tuple<std::uint64_t, std::size_t, std::size_t>;
  std::priority_queue<load, std::vector<load>, std::greater<>> loads;
  std::vector<std::vector<std::string>> shares(static_cast<std::size_t>(hands));
  for (std::size_t rank = 0; rank < shares.size(); ++rank) loads.emplace(0, 0, rank);
  for (text_file& file : files) {
    const auto [bytes, count, rank] = loads.top();
    loads.pop();
    loads.emplace(bytes + file.bytes, count + 1, rank);
    shares[rank].push_back(std::move(file.path));
  }
  return shares;
}
