#include "http.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

using clock_type = std::chrono::steady_clock;
constexpr std::size_t longest = std::size_t{16} << 20;

[[noreturn]] void fail(const url& page, const std::string& why) {
  throw std::runtime_error(page.text() + ": " + why);
}

class connection {
 public:
  connection(const url& page, clock_type::time_point limit) : page_(page), limit_(limit) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int problem = ::getaddrinfo(page.host.c_str(), page.port.c_str(), &wanted, &found)) {
      fail(page, ::gai_strerror(problem));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
    for (const addrinfo* each = found; each && socket_ < 0; each = each->ai_next)
      try_address(*each);
    if (socket_ < 0) fail(page, std::generic_category().message(errno));
  }
  ~connection() { ::close(socket_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      wait_for(POLLOUT);
      const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EINTR && errno != EAGAIN) {
        fail(page_, std::generic_category().message(errno));
      }
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  std::string read_all() {
    std::string all;
    std::array<char, 16384> part;
    for (;;) {
      wait_for(POLLIN);
      const ssize_t count = ::recv(socket_, part.data(), part.size(), 0);
      if (count == 0) return all;
      if (count < 0 && errno != EINTR && errno != EAGAIN) {
        fail(page_, std::generic_category().message(errno));
      }
      if (count > 0) all.append(part.data(), static_cast<std::size_t>(count));
      if (all.size() > longest) fail(page_, "the answer is longer than 16 MiB");
    }
  }

 private:
  void try_address(const addrinfo& address) {
    socket_ = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                       address.ai_protocol);
    if (socket_ < 0) return;
    if (::connect(socket_, address.ai_addr, address.ai_addrlen) == 0) return;
    int problem = errno;
    if (problem == EINPROGRESS) {
      wait_for(POLLOUT);
      socklen_t length = sizeof problem;
      ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &problem, &length);
      if (problem == 0) return;
    }
    ::close(socket_);
    socket_ = -1;
    errno = problem;
  }
  void wait_for(short event) {
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(limit_ - clock_type::now());
      pollfd watched{socket_, event, 0};
      const int ready = ::poll(&watched, 1, static_cast<int>(std::max<long>(0, left.count())));
      if (ready > 0) return;
      if (ready == 0) {
        ::close(std::exchange(socket_, -1));
        fail(page_, "no answer in time");
      }
      if (errno != EINTR) fail(page_, std::generic_category().message(errno));
    }
  }

  const url& page_;
  clock_type::time_point limit_;
  int socket_ = -1;
};

// The value of a header, without the blanks around it; empty if it is not there.
std::string header(std::string_view headers, std::string_view name) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  for (std::size_t at = headers.find('\n'); at != std::string_view::npos;
       at = headers.find('\n', at)) {
    ++at;
    std::string_view line = headers.substr(at, headers.find('\r', at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        !std::equal(name.begin(), name.end(), line.begin(),
                    [&](char wanted, char given) { return same(given, wanted); })) {
      continue;
    }
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return std::string(line);
  }
  return {};
}

}  // namespace

response fetch(const url& page, std::chrono::milliseconds limit) {
  connection server(page, clock_type::now() + limit);
  server.write("GET " + page.path + " HTTP/1.0\r\nHost: " + page.host + ":" + page.port +
               "\r\nUser-Agent: crawler\r\nConnection: close\r\n\r\n");
  const std::string answer = server.read_all();
  const auto end = answer.find("\r\n\r\n");
  response result;
  constexpr std::string_view start = "HTTP/1.";  // then a digit, a blank and the status
  if (end == std::string::npos || !answer.starts_with(start) || answer.size() < start.size() + 5 ||
      std::from_chars(answer.data() + start.size() + 2, answer.data() + start.size() + 5,
                      result.status)
              .ec != std::errc()) {
    fail(page, "the answer is no HTTP");
  }
  const std::string_view headers = std::string_view(answer).substr(0, end);
  result.type = header(headers, "content-type");
  result.target = header(headers, "location");
  result.body = answer.substr(end + 4);
  return result;
}
