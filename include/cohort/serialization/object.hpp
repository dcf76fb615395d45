// Archive codecs of classes with a `serialize` function and of Boost's wrappers; every other type
// ends here, with a compile error that says what to do.
#pragma once

#include <cohort/serialization/codec.hpp>
#include <cohort/serialization/serializable.hpp>

#include <boost/serialization/array_wrapper.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/split_member.hpp>
#include <boost/serialization/version.hpp>
#include <boost/serialization/wrapper.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace cohort::detail {

// Names that stand for other objects while they are written or read: nvp, make_binary_object, …
template <class T>
concept boost_wrapper = boost::serialization::is_wrapper<T>::type::value;

template <class T>
inline constexpr bool is_view = false;
template <class T, std::size_t Extent>
inline constexpr bool is_view<std::span<T, Extent>> = true;
template <class Char, class Traits>
inline constexpr bool is_view<std::basic_string_view<Char, Traits>> = true;

// Smart pointers that may share have no codec without pointer.hpp.
template <class T>
inline constexpr bool is_pointer = std::is_pointer_v<T>;
template <class T>
inline constexpr bool is_pointer<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool is_pointer<std::weak_ptr<T>> = true;

template <class T>
struct codec {
  static constexpr bool supported = boost_wrapper<T> || serializable<T>;
  static_assert(!is_pointer<T>,
                "cohort: T can't be sent: an address means nothing in another process; send the "
                "object itself, or include <cohort/serialization/pointer.hpp> to send what a "
                "pointer points to");
  static_assert(!is_view<T>,
                "cohort: T can't be sent: it is a view of memory that it does not own; send a "
                "std::string or std::vector of it (a span of elements that travel as bytes can be "
                "the whole message, but not a part of one)");
  static_assert(supported || is_pointer<T> || is_view<T>,
                "cohort: T can't be sent: it has no serialize function and has not opted in to "
                "travel as bytes; give it a serialize member as for Boost.Serialization, or, if it "
                "holds no pointers and no resources, say COHORT_IS_MPI_DATATYPE(T)");

  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() {
    if constexpr (named_type<T>) {
      return fixed_string(T::cohort_type_name);
    } else {
      return fixed_string("object");
    }
  }

  // Objects are preceded by the version of their class (BOOST_CLASS_VERSION), every one: a byte
  // each, and it makes sure that even an empty object takes one.
  static void encode(packed_oarchive& archive, const T& value) {
    auto& object = const_cast<T&>(value);  // Boost has one function for writing and reading
    if constexpr (boost_wrapper<T>) {
      boost::serialization::serialize_adl(archive, object, 0);
    } else if constexpr (supported) {
      const nesting level(archive);
      if (level.too_deep()) {
        throw_unpackable("its objects are nested deeper than " + std::to_string(maximum_nesting));
      }
      archive.save_length(known_version());
      boost::serialization::serialize_adl(archive, object, known_version());
    }
  }

  static void decode(packed_iarchive& archive, T& value) {
    if constexpr (boost_wrapper<T>) {
      boost::serialization::serialize_adl(archive, value, 0);
    } else if constexpr (supported) {
      const nesting level(archive);
      if (level.too_deep()) {
        throw_malformed("objects are nested deeper than " + std::to_string(maximum_nesting));
      }
      const std::uint64_t version = archive.load_number(signature_text<T>.text);
      if (version > known_version()) {
        throw_malformed(std::string(signature_text<T>.text) + " is of class version " +
                        std::to_string(version) + ", this program knows versions up to " +
                        std::to_string(known_version()));
      }
      boost::serialization::serialize_adl(archive, value, static_cast<unsigned int>(version));
    }
  }

 private:
  static constexpr unsigned int known_version() {
    return static_cast<unsigned int>(boost::serialization::version<T>::value);
  }
};

// make_array: elements whose number the reader knows.
template <class T>
struct codec<boost::serialization::array_wrapper<T>> {
  using wrapper = boost::serialization::array_wrapper<T>;

  static void encode(packed_oarchive& archive, const wrapper& value) {
    encode_all(archive, value.address(), value.count());
  }
  static void decode(packed_iarchive& archive, wrapper& value) {
    // The number is often one that the program read from the archive a moment ago.
    constexpr std::size_t each = detail::minimum_size<T>();
    if (value.count() > archive.remaining() / each) {
      throw_bad_length("array", value.count(), each, archive.remaining());
    }
    decode_all(archive, value.address(), value.count());
  }
};

}  // namespace cohort::detail
