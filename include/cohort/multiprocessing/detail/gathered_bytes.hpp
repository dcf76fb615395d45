// Bytes to be sent that stand in several places: small parts in a buffer, large ones where they
// are.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/detail/callable_codec.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cohort::detail {

// Reused, it allocates nothing. What it refers to must stay until it is copied out.
class gathered_bytes {
 public:
  // Where parts are appended.
  byte_buffer& own() noexcept { return own_; }
  void refer(std::span<const std::byte> bytes) {
    referred_.push_back({own_.size(), bytes});
    referred_bytes_ += bytes.size();
  }
  std::size_t size() const noexcept { return own_.size() + referred_bytes_; }
  void clear() noexcept { cut({}); }

  struct mark {
    std::size_t own = 0;
    std::size_t referred = 0;
    std::size_t referred_bytes = 0;
  };
  mark here() const noexcept { return {own_.size(), referred_.size(), referred_bytes_}; }
  // Takes back what was appended behind the mark.
  void cut(const mark& to) noexcept {
    own_.resize(to.own);
    referred_.erase(referred_.begin() + static_cast<std::ptrdiff_t>(to.referred), referred_.end());
    referred_bytes_ = to.referred_bytes;
  }

  // A number whose value is known later.
  std::size_t reserve_number() {
    const std::size_t place = own_.size();
    own_.extend(sizeof(std::uint64_t));
    return place;
  }
  void set_number(std::size_t place, std::uint64_t value) noexcept {
    std::memcpy(own_.data() + place, &value, sizeof value);
  }

  void copy_to(std::byte* to) const noexcept {
    std::size_t from = 0;
    for (const referral& each : referred_) {
      std::memcpy(to, own_.data() + from, each.place - from);
      to += each.place - from;
      from = each.place;
      if (!each.bytes.empty()) std::memcpy(to, each.bytes.data(), each.bytes.size());
      to += each.bytes.size();
    }
    std::memcpy(to, own_.data() + from, own_.size() - from);
  }

 private:
  struct referral {
    std::size_t place;  // in front of this byte of the own ones
    std::span<const std::byte> bytes;
  };
  byte_buffer own_;
  std::vector<referral> referred_;
  std::size_t referred_bytes_ = 0;
};

// Sequences that are encoded as their length and then their memory.
template <class T>
inline constexpr bool is_plain_sequence = false;
template <class T, class Allocator>
inline constexpr bool is_plain_sequence<std::vector<T, Allocator>> = portable_bytes<T>;
template <class T, std::size_t Extent>
inline constexpr bool is_plain_sequence<std::span<T, Extent>> = portable_bytes<T>;
template <class Char, class Traits, class Allocator>
inline constexpr bool is_plain_sequence<std::basic_string<Char, Traits, Allocator>> = true;
template <class Char, class Traits>
inline constexpr bool is_plain_sequence<std::basic_string_view<Char, Traits>> = true;

// Appends what decode_part() of the type that T is sent as reads.
template <class T>
void gather_part(gathered_bytes& to, packed_oarchive& archive, const T& part) {
  constexpr std::size_t worth_referring = 4096;
  if constexpr (is_plain_sequence<T>) {
    const auto bytes = std::as_bytes(std::span(part.data(), part.size()));
    if (bytes.size() >= worth_referring) {
      archive.save_length(part.size());
      to.refer(bytes);
      return;
    }
  }
  encode_argument(archive, part);
}

// Reads what gather_part() has appended. Bytes are copied into memory that was not zeroed before.
template <class T>
T take_part(packed_iarchive& archive) {
  if constexpr (is_plain_sequence<T> && !ships_as_callable<T>) {
    if constexpr (sizeof(typename T::value_type) == 1) {
      const std::size_t length = archive.load_length(1, signature_text<T>.text);
      const auto* const first =
          reinterpret_cast<const typename T::value_type*>(archive.take(length, "sequence"));
      return T(first, first + length);
    }
  }
  return decode_part<T>(archive);
}

// Types that are sent as so many bytes, whatever the value.
template <class T>
inline constexpr bool is_fixed_part =
    portable_bytes<T> && std::is_same_v<shipped_t<T>, T> && !ships_as_callable<T>;

// Appends an item: as it is where all its parts are fixed, else behind its length, so that one that
// can't be read does not take the next ones along.
template <class... Part>
void gather_item(gathered_bytes& to, const Part&... part) {
  if constexpr ((is_fixed_part<Part> && ...)) {
    std::byte* at = to.own().extend((sizeof(Part) + ... + 0));
    ((std::memcpy(at, std::addressof(part), sizeof(Part)), at += sizeof(Part)), ...);
  } else {
    const std::size_t length = to.reserve_number();
    const std::size_t begin = to.size();
    packed_oarchive archive(to.own());
    (gather_part(to, archive, part), ...);
    to.set_number(length, to.size() - begin);
  }
}

// In place of the length of an item that could not be encoded.
inline constexpr std::uint64_t no_item = ~std::uint64_t{0};

// The bytes of the next item that has a length.
inline std::span<const std::byte> take_item(packed_iarchive& archive) {
  std::uint64_t length = 0;
  archive.load_binary(&length, sizeof length, "item");
  if (length == no_item) return {};
  return {archive.take(length, "item"), length};
}

}  // namespace cohort::detail
