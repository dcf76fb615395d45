#include "multiprocessing/family/proc_stat.hpp"

#include "runtime/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

namespace cohort::multiprocessing {

std::optional<std::string> read_proc_file(pid_t process, const char* file) {
  const std::string path = "/proc/" + std::to_string(process) + "/" + file;
  const runtime::unique_descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) return std::nullopt;
  std::string content;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t got = ::read(opened.get(), piece.data(), piece.size());
    if (got == 0) return content;
    if (got > 0) content.append(piece.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) return std::nullopt;  // it has ended meanwhile
  }
}

// "pid (name) state ppid …", proc(5). The name may hold anything, so the last parenthesis counts.
std::optional<proc_stat> read_proc_stat(pid_t process) {
  const auto text = read_proc_file(process, "stat");
  if (!text) return std::nullopt;
  const auto begin = text->find('(');
  const auto end = text->rfind(')');
  if (begin == text->npos || end == text->npos || end + 2 >= text->size()) return std::nullopt;
  proc_stat found;
  found.name = text->substr(begin + 1, end - begin - 1);
  std::string_view rest = std::string_view(*text).substr(end + 2);
  found.state = rest.front();
  // Fields are counted from 1, as in the manual; the state is the third.
  for (int field = 3; !rest.empty(); ++field) {
    const auto space = rest.find(' ');
    const std::string_view word = rest.substr(0, space);
    rest.remove_prefix(space == rest.npos ? rest.size() : space + 1);
    const auto number = [&](auto& value) {
      std::from_chars(word.data(), word.data() + word.size(), value);
    };
    switch (field) {
      case 4:
        number(found.parent);
        break;
      case 14:
        number(found.user_ticks);
        break;
      case 15:
        number(found.system_ticks);
        break;
      case 20:
        number(found.threads);
        break;
      case 22:
        number(found.start_ticks);
        break;
      case 23:
        number(found.virtual_bytes);
        break;
      case 24:
        number(found.resident_pages);
        return found;
      default:
        break;
    }
  }
  return std::nullopt;
}

}  // namespace cohort::multiprocessing
