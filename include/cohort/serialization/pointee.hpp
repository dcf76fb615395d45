// How an archive writes and makes the object that a pointer owns.
#pragma once

#include <cohort/serialization/codec.hpp>

#include <memory>
#include <type_traits>

namespace cohort::detail {

// A class that may be the base of what a pointer to it really points to.
template <class T>
concept may_be_base = std::is_polymorphic_v<T> && !std::is_final_v<T>;

// The object's class is the pointer's: there is nothing but its value to write. For classes that
// may be bases, polymorphic.hpp has a specialisation.
template <class T>
struct pointee {
  static_assert(
      !may_be_base<T>,
      "cohort: T can't be sent: what a pointer to a polymorphic class points to may be of "
      "a derived class; include <cohort/serialization/polymorphic.hpp>, or make the class "
      "final");

  static consteval auto signature() { return detail::signature<T>(); }

  // What tells the object from others of its class.
  static const void* identity(const T& object) { return std::addressof(object); }

  static void encode(packed_oarchive& archive, const T& object) { detail::encode(archive, object); }
  // Reading is in two steps, so that pointers back to the object can be resolved while it is read.
  static std::unique_ptr<T> create(packed_iarchive&) {
    check_constructible<T>();
    return std::make_unique<T>();
  }
  static void decode(packed_iarchive& archive, T& object) { detail::decode(archive, object); }
};

}  // namespace cohort::detail
