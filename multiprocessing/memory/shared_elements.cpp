// The memory behind cohort::shared_span.
#include <cohort/multiprocessing/shared_memory.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/memory/attachment.hpp"

#include <string>

namespace cohort::detail {

std::shared_ptr<multiprocessing::attachment> make_shared_elements(std::uint32_t kind,
                                                                  std::size_t count,
                                                                  std::size_t size,
                                                                  const call& where) {
  if (count > runtime::shared_region_bytes / size) {
    throw resource_error(std::to_string(count) + " elements of " + std::to_string(size) +
                             " bytes are more than the processes of a job can share, " +
                             std::to_string(runtime::shared_region_bytes >> 30) + " GiB",
                         {.operation = "shared_span", .site = where.site});
  }
  return multiprocessing::make_object(kind, count * size, "shared_span", where);
}

std::byte* shared_bytes(const multiprocessing::attachment& object) {
  return object.payload();
}

std::size_t shared_size(const multiprocessing::attachment& object) {
  return object.bytes();
}

}  // namespace cohort::detail
