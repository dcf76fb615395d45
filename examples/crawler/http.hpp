// Fetches a page over HTTP, without a library.
#pragma once

#include "url.hpp"

#include <chrono>
#include <string>

struct response {
  int status = 0;      // 200, 404, …
  std::string type;    // "text/html; charset=utf-8"
  std::string target;  // where a redirection leads
  std::string body;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& status& type& target& body;
  }
};

// GET, by HTTP/1.0, for at most so long. Throws std::runtime_error where there is no answer, one
// that is no HTTP, or one of more than 16 MiB.
response fetch(const url& page, std::chrono::milliseconds limit);
