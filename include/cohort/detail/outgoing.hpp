// From a value to the bytes that are sent.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/call.hpp>
#include <cohort/detail/core.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cohort::detail {

inline constexpr element_type packed_archive_type{packed_archive_id, 1, "packed archive"};

// What may stand for a value in a call: not its place and not its deadline, which are the last
// parameter of every call.
template <class T>
concept value = !std::convertible_to<const T&, call> && !std::is_pointer_v<T> && !std::is_void_v<T>;

// Calls f(payload) with the bytes of `object`, which live until it returns.
template <class T, class F>
decltype(auto) with_payload(const T& object, F&& f) {
  if constexpr (std::same_as<T, packed_oarchive>) {
    const std::span<const std::byte> bytes = object.bytes();
    return f(payload{&packed_archive_type, bytes.data(), bytes.size()});
  } else if constexpr (direct<T>) {
    return f(payload{&element_type_of<T>, std::addressof(object), sizeof(T)});
  } else if constexpr (resizable<T>) {
    using element = typename T::value_type;
    return f(payload{&element_type_of<element>, object.data(), object.size() * sizeof(element)});
  } else {
    byte_buffer packed;
    pack(object, packed);
    return f(payload{&serialized_type_of<T>, packed.data(), packed.size()});
  }
}

// The same for elements one after another. Elements that are not direct travel as a vector of them.
template <class T, std::size_t Extent, class F>
decltype(auto) with_payload_of_span(std::span<T, Extent> elements, F&& f) {
  using element = std::remove_cv_t<T>;
  if constexpr (direct<element>) {
    return f(payload{&element_type_of<element>, elements.data(), elements.size_bytes()});
  } else {
    byte_buffer packed;
    packed_oarchive archive(packed);
    archive.save_length(elements.size());
    for (const element& one : elements) encode(archive, one);
    return f(payload{&serialized_type_of<std::vector<element>>, packed.data(), packed.size()});
  }
}

// Starts a send of a value that the runtime owns until it is sent: moved in where it was given as
// an rvalue, copied otherwise; in either case only if it can't be sent at once.
template <class T>
runtime::pending start_sending(const std::shared_ptr<runtime::communicator_state>& comm, int dest,
                               int tag, T&& object, runtime::completion how, const call& where) {
  using plain = std::remove_cvref_t<T>;
  if constexpr (resizable<plain> && !std::is_lvalue_reference_v<T> && !std::is_const_v<T>) {
    return with_payload(object, [&](const payload& what) {
      return runtime::start_send(
          comm, dest, tag, what, how, where,
          [](void* context, byte_buffer&, std::shared_ptr<void>& keep) -> const void* {
            auto kept = std::make_shared<plain>(std::move(*static_cast<plain*>(context)));
            const void* bytes = kept->data();
            keep = std::move(kept);
            return bytes;
          },
          std::addressof(object));
    });
  } else {
    return with_payload(object, [&](const payload& what) {
      return runtime::start_send(
          comm, dest, tag, what, how, where,
          [](void* context, byte_buffer& bytes, std::shared_ptr<void>&) -> const void* {
            const auto& from = *static_cast<const payload*>(context);
            bytes.append(from.data, from.bytes);
            return bytes.data();
          },
          const_cast<payload*>(&what));
    });
  }
}

}  // namespace cohort::detail
