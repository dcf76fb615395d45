// What every kind of type must pass in a packed archive: round trips, every truncation, corrupted
// bytes.
#pragma once

#include <cohort/archive.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace archive_checks {

// Values are equal if what they own is.
template <class T>
bool equal(const T& left, const T& right) {
  if constexpr (std::is_array_v<T>) {
    return std::equal(std::begin(left), std::end(left), std::begin(right));
  } else {
    return left == right;
  }
}
template <class T>
bool equal(const std::unique_ptr<T>& left, const std::unique_ptr<T>& right) {
  return !left == !right && (!left || equal(*left, *right));
}
template <class T>
bool equal(const std::vector<std::unique_ptr<T>>& left,
           const std::vector<std::unique_ptr<T>>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& a, const auto& b) { return equal(a, b); });
}

// A value or archive_error; anything else fails the test or, under the sanitizers, ends it.
template <class T>
void expect_value_or_error(std::span<const std::byte> bytes) {
  // A copy of exact size, so that AddressSanitizer sees a read beyond it.
  const auto exact = std::make_unique<std::byte[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  T value{};
  try {
    cohort::detail::unpack({exact.get(), bytes.size()}, value);
    cohort::byte_buffer again;
    cohort::detail::pack(value, again);  // what was read is a value: it can be read in turn
  } catch (const cohort::archive_error&) {
  }
}

// `bytes` are a valid archive of a T: no truncation, no longer one and no corrupted one crashes.
template <class T>
void check_hostile(const std::vector<std::byte>& bytes) {
  T read{};
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(cohort::detail::unpack(std::span(bytes).first(length), read),
                 cohort::archive_error)
        << length;
    expect_value_or_error<T>(std::span(bytes).first(length));
  }
  auto longer = bytes;
  longer.push_back(std::byte{});
  EXPECT_THROW(cohort::detail::unpack(std::span(longer), read), cohort::archive_error);

  // All 255 other values of each byte; of the long contents of large ones, five.
  const unsigned step = bytes.size() > 100 ? 51 : 1;
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    for (unsigned corruption = 1; corruption < 256; corruption += step) {
      auto corrupt = bytes;
      corrupt[place] ^= static_cast<std::byte>(corruption);
      expect_value_or_error<T>(corrupt);
    }
  }
}

template <class T>
void check_one(const T& value) {
  cohort::byte_buffer packed;
  packed.append("x", 1);  // pack appends
  cohort::detail::pack(value, packed);
  const std::vector<std::byte> bytes(packed.data() + 1, packed.data() + packed.size());
  ASSERT_GE(bytes.size(), cohort::detail::minimum_size<T>());

  T read{};
  cohort::detail::unpack(std::span(bytes), read);
  EXPECT_TRUE(equal(read, value));
  cohort::detail::unpack(std::span(bytes), read);  // over an old value
  EXPECT_TRUE(equal(read, value));
  check_hostile<T>(bytes);
}

// Round trips, truncations and corrupted bytes of values of one type.
template <class T, class... More>
void check(const T& first, const More&... more) {
  SCOPED_TRACE(cohort::detail::signature_text<T>.text);
  check_one<T>(T{});
  check_one<T>(first);
  (check_one<T>(more), ...);
}

}  // namespace archive_checks
