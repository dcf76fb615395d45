#include <cohort/error.hpp>

#include "runtime/process.hpp"

#include <cstdio>
#include <string>

namespace cohort {

namespace {

// "recv: MESSAGE [rank 2, heat.cpp:88]". The path is kept whole: editors and people follow it.
std::string compose(const std::string& message, const error_context& context) {
  std::string text;
  if (context.operation && *context.operation) text.append(context.operation).append(": ");
  text += message;
  std::string place;
  if (context.rank >= 0) place = "rank " + std::to_string(context.rank);
  if (context.site.return_address()) {
    char address[32];
    std::snprintf(address, sizeof address, "%p", context.site.return_address());
    place.append(place.empty() ? "" : ", ").append("called from ").append(address);
  } else if (context.site.line() != 0) {
    place.append(place.empty() ? "" : ", ")
        .append(context.site.file())
        .append(":")
        .append(std::to_string(context.site.line()));
  }
  if (!place.empty()) text.append(" [").append(place).append("]");
  return text;
}

// Who does not know the rank that an error is raised in leaves it to us.
error_context completed(error_context context) {
  if (context.rank < 0) {
    if (const auto home = runtime::current_endpoint()) {
      context.rank = static_cast<int>(home->self());
    }
  }
  return context;
}

}  // namespace

error::error(const std::string& message, const error_context& context)
    : std::runtime_error(compose(message, completed(context))),
      message_(message),
      context_(completed(context)) {}

}  // namespace cohort
