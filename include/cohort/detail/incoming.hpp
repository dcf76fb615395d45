// From the bytes that are received to a value.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/detail/outgoing.hpp>
#include <cohort/error.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

inline void* grow_buffer(void* owner, std::uint64_t bytes, std::uint32_t) {
  auto& buffer = *static_cast<byte_buffer*>(owner);
  buffer.resize(static_cast<std::size_t>(bytes));
  return buffer.data();
}

// Room for one T: give place() to a receive, then call finish(). Does not move meanwhile, unless
// it is `bare`: then it holds nothing, finish() does nothing, and it need not outlive place().
template <class T>
class incoming;

// The bytes are the object.
template <class T>
  requires(direct<T>)
class incoming<T> {
 public:
  static constexpr bool bare = true;
  explicit incoming(T& object) : object_(object) {}
  sink place() const {
    return {.type = &element_type_of<T>,
            .data = std::addressof(object_),
            .capacity = sizeof(T),
            .exact = true};
  }
  void finish(const message_facts&) const {}

 private:
  T& object_;
};

// The bytes are the elements; a packed archive of the container is unpacked.
template <class T>
  requires(resizable<T>)
class incoming<T> {
 public:
  static constexpr bool bare = false;
  explicit incoming(T& object) : object_(object) {}
  incoming(const incoming&) = delete;
  incoming& operator=(const incoming&) = delete;

  sink place() {
    return {.type = &element_type_of<element>, .grow = &incoming::grow, .owner = this};
  }
  void finish(const message_facts& facts) {
    if (facts.type == packed_archive_id) unpack(packed_.bytes(), object_);
  }

  std::span<const std::byte> packed() const { return packed_.bytes(); }

 private:
  using element = typename T::value_type;
  static void* grow(void* owner, std::uint64_t bytes, std::uint32_t type) {
    auto& self = *static_cast<incoming*>(owner);
    if (type == packed_archive_id) return grow_buffer(&self.packed_, bytes, type);
    if (bytes % sizeof(element) != 0) {
      throw truncation_error("a message of " + std::to_string(bytes) +
                                 " raw bytes is no whole number of elements of " +
                                 element_type_of<element>.name + "; receive it as bytes",
                             {.operation = "recv"});
    }
    self.object_.resize(static_cast<std::size_t>(bytes / sizeof(element)));
    return self.object_.data();
  }
  T& object_;
  byte_buffer packed_;
};

// The bytes are an archive.
template <class T>
  requires(!direct<T> && !resizable<T> && !std::same_as<T, packed_iarchive>)
class incoming<T> {
 public:
  static constexpr bool bare = false;
  explicit incoming(T& object) : object_(object) {}
  incoming(const incoming&) = delete;
  incoming& operator=(const incoming&) = delete;

  sink place() { return {.type = &serialized_type_of<T>, .grow = &grow_buffer, .owner = &packed_}; }
  void finish(const message_facts&) { unpack(packed_.bytes(), object_); }

  std::span<const std::byte> packed() const { return packed_.bytes(); }

 private:
  T& object_;
  byte_buffer packed_;
};

// Any message, to be taken apart by the caller.
template <>
class incoming<packed_iarchive> {
 public:
  static constexpr bool bare = false;
  explicit incoming(packed_iarchive& archive) : archive_(archive) {}
  incoming(const incoming&) = delete;
  incoming& operator=(const incoming&) = delete;

  sink place() { return {.type = &packed_archive_type, .grow = &grow_buffer, .owner = &packed_}; }
  void finish(const message_facts&) { archive_.assign(std::move(packed_)); }

  std::span<const std::byte> packed() const { return packed_.bytes(); }

 private:
  packed_iarchive& archive_;
  byte_buffer packed_;
};

// Elements into a place of a given length; the message may be shorter.
template <class T>
class incoming_span {
 public:
  static constexpr bool bare = direct<T>;
  explicit incoming_span(std::span<T> elements) : elements_(elements) {}
  incoming_span(const incoming_span&) = delete;
  incoming_span& operator=(const incoming_span&) = delete;

  sink place() {
    if constexpr (direct<T>) {
      return {.type = &element_type_of<T>,
              .data = elements_.data(),
              .capacity = elements_.size_bytes()};
    } else {
      return {.type = &serialized_type_of<std::vector<T>>, .grow = &grow_buffer, .owner = &packed_};
    }
  }
  void finish(message_facts& facts) {
    if constexpr (!direct<T>) {
      std::vector<T> received;
      unpack(packed_.bytes(), received);
      if (received.size() > elements_.size()) {
        throw truncation_error("the message has " + std::to_string(received.size()) +
                                   " elements, but there is room for " +
                                   std::to_string(elements_.size()),
                               {.operation = "recv"});
      }
      std::move(received.begin(), received.end(), elements_.begin());
      facts.elements = static_cast<std::int64_t>(received.size());
    }
  }

  std::span<const std::byte> packed() const { return packed_.bytes(); }

 private:
  std::span<T> elements_;
  byte_buffer packed_;
};

// Makes the value from what was received. An archive_error gets the message's and the call's place;
// a message with more elements than there is room for is given back.
template <class Room>
void finish(Room& room, runtime::communicator_state& comm, message_facts& facts, const call& where,
            const char* name) {
  if constexpr (!Room::bare) {
    try {
      room.finish(facts);
    } catch (const archive_error&) {
      runtime::rethrow_archive_error(comm, facts, where, name);
    } catch (const truncation_error& e) {
      runtime::return_message(comm, facts, room.packed());
      throw truncation_error(
          e.message() + "; the message is kept: receive it into a vector, or into a longer span",
          {.operation = name, .peer = facts.source, .tag = facts.tag, .site = where.site});
    }
  }
}

inline constexpr element_type anything_type{raw_bytes_id, 1, "bytes"};

// Takes a message without contents.
inline sink nothing() {
  return {.type = &anything_type, .exact = true};
}

}  // namespace cohort::detail
