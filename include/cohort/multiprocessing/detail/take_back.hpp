// What becomes of handles in a message that was packed and then could not be sent.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/detail/transport.hpp>

#include <cstddef>
#include <span>

namespace cohort::detail {

// The bytes of a T reach nobody: handles in them are no longer under way.
template <class T>
void take_back(const payload& bytes) noexcept {
  try {
    T value{};
    unpack(
        std::span(static_cast<const std::byte*>(bytes.data), static_cast<std::size_t>(bytes.bytes)),
        value);
  } catch (...) {
    // Bytes that can't be read hold no handles that could be taken back.
  }
}

// Calls send(); takes the bytes back where it throws.
template <class T, class Send>
decltype(auto) or_take_back(const payload& bytes, Send&& send) {
  try {
    return send();
  } catch (...) {
    take_back<T>(bytes);
    throw;
  }
}

}  // namespace cohort::detail
