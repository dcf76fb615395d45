// The archive that packs values into a contiguous buffer.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/serialization/archive_base.hpp>

#include <boost/mpl/bool.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace cohort {

class packed_oarchive;

namespace detail {
template <class T>
void encode(packed_oarchive& archive, const T& value);
}

// A model of Boost.Serialization's Saving Archive: any type with a Boost `serialize` function can
// be written, and so can the standard containers, without Boost's headers for them. Bytes are those
// of this machine: for processes of one build on hosts of one architecture, not for files.
//
//   packed_oarchive archive;
//   archive << std::string("apples") << 3;
//   world.send(1, 0, archive);          // received as any type of the same shape, or
//   packed_iarchive
//
// Writing throws std::bad_alloc, and archive_error for a value that no archive can hold: a variant
// without a value, objects nested deeper than 1000. Cost: linear in the bytes written.
class packed_oarchive : public detail::archive_base {
 public:
  using is_saving = boost::mpl::true_;
  using is_loading = boost::mpl::false_;

  // Writes to a buffer of its own.
  packed_oarchive() : target_(&own_) {}
  // Appends to `target`, which must outlive the archive.
  explicit packed_oarchive(byte_buffer& target) : target_(&target) {}

  template <class T>
  packed_oarchive& operator<<(const T& value) {
    detail::encode(*this, value);
    return *this;
  }
  template <class T>
  packed_oarchive& operator&(const T& value) {
    return *this << value;
  }

  // Everything in the buffer.
  std::span<const std::byte> bytes() const noexcept { return target_->bytes(); }

  // Raw bytes, without their number: part of Boost's archive concept.
  void save_binary(const void* source, std::size_t count) { target_->append(source, count); }

  // A count, 7 bits a byte, least significant first (LEB128): nearly all lengths take one byte, so
  // that a short string still fits in the first cache line of a message.
  void save_length(std::uint64_t length) {
    while (length >= 0x80) {
      *target_->extend(1) = static_cast<std::byte>(length | 0x80);
      length >>= 7;
    }
    *target_->extend(1) = static_cast<std::byte>(length);
  }

  // Announces that about `count` more bytes follow, so that the buffer grows once.
  void expect(std::size_t count) { target_->reserve(target_->size() + count); }

 private:
  byte_buffer own_;
  byte_buffer* target_;
};

}  // namespace cohort
