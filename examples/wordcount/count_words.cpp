// Reads files and counts.
#include "count_words.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>

namespace {

// Not std::isalpha and std::tolower: those depend on the locale and are a call each.
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char lower(char c) {
  return static_cast<char>(c | 0x20);
}

// Counts the words of one text that comes in pieces: a word may go on in the next piece.
class word_counter {
 public:
  explicit word_counter(tally& into) : into_(into) {}

  void add(std::string_view piece) {
    for (const char c : piece) {
      if (is_letter(c)) {
        word_ += lower(c);
      } else if (!word_.empty()) {
        end_word();
      }
    }
  }

  void end_of_text() {
    if (!word_.empty()) end_word();
  }

 private:
  void end_word() {
    ++into_.counts[word_];
    ++into_.words;
    word_.clear();
  }

  tally& into_;
  std::string word_;
};

struct close_file {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Returns the reason where the file can't be read to its end.
std::string count_file(const std::string& path, tally& into) {
  errno = 0;
  const std::unique_ptr<std::FILE, close_file> file(std::fopen(path.c_str(), "rb"));
  if (!file) return std::generic_category().message(errno);

  word_counter counter(into);
  std::array<char, 1 << 16> piece;
  std::size_t length;
  while ((length = std::fread(piece.data(), 1, piece.size(), file.get())) > 0) {
    into.bytes += length;
    counter.add({piece.data(), length});
  }
  const int failure = std::ferror(file.get()) ? errno : 0;
  counter.end_of_text();
  return failure == 0 ? "" : std::generic_category().message(failure);
}

}  // namespace

tally count_words(const std::vector<std::string>& paths) {
  tally result;
  for (const std::string& path : paths) {
    const std::string reason = count_file(path, result);
    if (reason.empty()) {
      ++result.files;
    } else {
      result.problems.push_back(path + ": " + reason);
    }
  }
  return result;
}

void merge(word_counts& sum, word_counts more) {
  if (sum.size() < more.size()) sum.swap(more);  // the fewer are added to the more
  for (const auto& [word, count] : more) sum[word] += count;
}
