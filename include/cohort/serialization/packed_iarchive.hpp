// The archive that unpacks values from a contiguous run of bytes, which it does not trust.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/serialization/archive_base.hpp>
#include <cohort/serialization/malformed.hpp>

#include <boost/mpl/bool.hpp>
#include <boost/serialization/wrapper.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

namespace cohort {

class packed_iarchive;

namespace detail {
template <class T>
void decode(packed_iarchive& archive, T& value);
}

// A model of Boost.Serialization's Loading Archive over what a packed_oarchive wrote.
//
//   packed_iarchive archive(bytes);
//   archive >> name >> count;
//
// Every length is checked against the bytes that are left before anything is allocated for it, so
// bytes from anywhere give a value or archive_error, whose message says what was read, how many
// bytes it needed and how many were left. After an error the object that was being read is valid
// but unspecified, and the archive is not to be read further. Cost: linear in the bytes read.
class packed_iarchive : public detail::archive_base {
 public:
  using is_saving = boost::mpl::false_;
  using is_loading = boost::mpl::true_;

  packed_iarchive() = default;
  // Reads bytes that must outlive the archive.
  explicit packed_iarchive(std::span<const std::byte> bytes)
      : next_(bytes.data()), end_(next_ + bytes.size()) {}
  explicit packed_iarchive(byte_buffer&& bytes) { assign(std::move(bytes)); }

  // Takes other bytes to read, from their beginning.
  void assign(byte_buffer&& bytes) {
    own_ = std::move(bytes);
    next_ = own_.data();
    end_ = next_ + own_.size();
  }

  // Rvalues and constants are Boost's wrappers (nvp, make_array), which name what is read.
  template <class T>
  packed_iarchive& operator>>(T&& value) {
    using bare = std::remove_cvref_t<T>;
    if constexpr (std::is_const_v<std::remove_reference_t<T>>) {
      static_assert(boost::serialization::is_wrapper<bare>::type::value,
                    "cohort: a const object can't be read into");
    }
    detail::decode(*this, const_cast<bare&>(value));
    return *this;
  }
  template <class T>
  packed_iarchive& operator&(T&& value) {
    return *this >> std::forward<T>(value);
  }

  // Bytes not read yet.
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - next_); }

  // The next `count` bytes, which are then read. `what` names the thing they are for in the message
  // of the archive_error that is thrown if there are fewer.
  const std::byte* take(std::size_t count, const char* what) {
    if (count > remaining()) detail::throw_cut_short(what, count, remaining());
    const std::byte* const taken = next_;
    next_ += count;
    return taken;
  }

  // Raw bytes: part of Boost's archive concept.
  void load_binary(void* target, std::size_t count, const char* what = "binary object") {
    const std::byte* const source = take(count, what);
    if (count != 0) std::memcpy(target, source, count);
  }

  // A number that save_length wrote.
  std::uint64_t load_number(const char* what) {
    const auto first = static_cast<std::uint64_t>(*take(1, what));
    if (first < 0x80) return first;
    std::uint64_t number = first & 0x7f;
    for (unsigned shift = 7; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(*take(1, what));
      if (shift == 63 && byte > 1) break;
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    detail::throw_malformed(std::string(what) + " has a length of more than 64 bits");
  }

  // A number of elements of `what` that take at least `each` > 0 bytes each: never more than the
  // bytes that are left can hold.
  std::size_t load_length(std::size_t each, const char* what) {
    const std::uint64_t length = load_number(what);
    if (length > remaining() / each) detail::throw_bad_length(what, length, each, remaining());
    return static_cast<std::size_t>(length);
  }

 private:
  byte_buffer own_;
  const std::byte* next_ = nullptr;
  const std::byte* end_ = nullptr;
};

}  // namespace cohort
