// Whether a class has a Boost.Serialization `serialize` function, member or free.
#pragma once

#include <boost/serialization/serialization.hpp>

#include <concepts>
#include <type_traits>

namespace cohort {

class packed_oarchive;

namespace detail {

// Boost declares a free `serialize` for every type, which calls the member; so its existence says
// nothing. But this archive has an overload of its own, which is more special than Boost's and,
// being special in another argument, ambiguous with any that a user wrote for T. So the call is
// well-formed exactly if there is none.
namespace free_serialize_probe {
struct archive {};
struct absent {};
template <class T>
absent serialize(archive&, T&, const unsigned int);
}  // namespace free_serialize_probe

template <class T>
concept has_free_serialize = !requires(free_serialize_probe::archive& probe, T& object,
                                       const boost::serialization::version_type version) {
  { serialize(probe, object, version) } -> std::same_as<free_serialize_probe::absent>;
};

// The member is usually private, open only to boost::serialization::access, which requires-
// expressions can't ask. But a name found in two bases is ambiguous before access is checked, so
// naming it in a class derived from T and from this one fails exactly if T has it.
struct has_member_named_serialize {
  void serialize();
};
template <class T>
struct derived_with_serialize : T, has_member_named_serialize {};

template <class T>
inline constexpr bool has_member_serialize = !requires { &derived_with_serialize<T>::serialize; };

// Nothing derives from a final class or a union; of those, only public members are seen.
template <class T>
  requires(std::is_final_v<T> || std::is_union_v<T>)
inline constexpr bool has_member_serialize<T> =
    requires(T& object, packed_oarchive& archive) { object.serialize(archive, 0u); };

template <class T>
concept serializable =
    (std::is_class_v<T> || std::is_union_v<T>)&&(has_member_serialize<T> || has_free_serialize<T>);

}  // namespace detail
}  // namespace cohort
