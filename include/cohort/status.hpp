// What is known of a message that was received or probed.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/detail/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cohort {

// Small and copyable. After receiving from null_rank, source() is null_rank and the message empty.
//   cohort::status s = world.recv(cohort::any_source, cohort::any_tag, value);
//   world.send(s.source(), s.tag(), answer);
class status {
 public:
  status() = default;
  explicit status(const detail::message_facts& facts) : facts_(facts) {}

  // Rank of the sender in the communicator of the call.
  int source() const noexcept { return facts_.source; }
  // Tag that it was sent with.
  int tag() const noexcept { return facts_.tag; }
  // The operation was cancelled before there was a message.
  bool cancelled() const noexcept { return facts_.cancelled; }
  // Length of the message in bytes, as sent.
  std::uint64_t bytes() const noexcept { return facts_.bytes; }

  // How many T the message has; nothing if it does not consist of whole T. A value that travels
  // packed, and a vector or string, is one T; a span of such, where it was received into one, as
  // many as have come, and nothing before that.
  //   auto n = world.probe(0, 7).count<double>();
  //   std::vector<double> room(n.value());
  template <class T>
  std::optional<std::size_t> count() const {
    if constexpr (detail::direct<T>) {
      constexpr std::uint32_t wanted = detail::element_type_of<T>.id;
      if (!has(wanted)) return std::nullopt;
      if (facts_.bytes % sizeof(T) != 0) return std::nullopt;
      return static_cast<std::size_t>(facts_.bytes / sizeof(T));
    } else if (facts_.type == detail::serialized_type_of<std::vector<T>>.id) {
      if (facts_.elements < 0) return std::nullopt;
      return static_cast<std::size_t>(facts_.elements);
    } else if constexpr (detail::resizable<T>) {
      if (!count<typename T::value_type>()) return std::nullopt;
      return 1;
    } else {
      constexpr std::uint32_t wanted = detail::serialized_type_of<T>.id;
      if (!has(wanted)) return std::nullopt;
      return 1;
    }
  }

 private:
  bool has(std::uint32_t wanted) const noexcept {
    return facts_.type == wanted || detail::matches_anything(facts_.type) ||
           detail::matches_anything(wanted);
  }

  detail::message_facts facts_;
};

}  // namespace cohort
