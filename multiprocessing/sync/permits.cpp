#include "multiprocessing/sync/permits.hpp"

#include <cohort/error.hpp>

#include <limits>
#include <string>

namespace cohort::multiprocessing {

namespace {

void require_in_range(const char* class_name, const char* operation, std::ptrdiff_t count,
                      const call& where) {
  constexpr std::ptrdiff_t most = std::numeric_limits<std::int32_t>::max();
  if (count >= 0 && count <= most) return;
  throw argument_error("a " + std::string(class_name) + " can't have " + std::to_string(count) +
                           " permits; give a number from 0 to " + std::to_string(most),
                       {.operation = operation, .site = where.site});
}

}  // namespace

const call& permitted(const char* class_name, std::ptrdiff_t permits, const call& where) {
  require_in_range(class_name, class_name, permits, where);
  return where;
}

std::uint32_t permits_to_release(const char* class_name, std::ptrdiff_t count, const call& where) {
  require_in_range(class_name, "release", count, where);
  return static_cast<std::uint32_t>(count);
}

void throw_no_permit(const char* class_name, const call& where) {
  throw timeout_error("the deadline has passed, and this " + std::string(class_name) +
                          " has no permit; wait longer, or look for who keeps them so long",
                      {.operation = "acquire", .site = where.site});
}

}  // namespace cohort::multiprocessing
