// Archive codecs of objects sent through pointers to a base class (unique_ptr; with pointer.hpp the
// other kinds too). To be included before BOOST_CLASS_EXPORT by programs that want this, which then
// link to boost_serialization.
//
// A derived class is known by its export key, as with Boost's archives:
//
//   struct circle : shape { … ar & boost::serialization::base_object<shape>(*this) & radius; … };
//   BOOST_CLASS_EXPORT(circle)
//
// Boost's registries are used (of exported classes, of relations between classes, of what an
// archive can do with a class); its pointer code is not, since it trusts the bytes.
#pragma once

#include <cohort/archive.hpp>

#include <boost/archive/detail/archive_serializer_map.hpp>
#include <boost/archive/detail/basic_serializer.hpp>
#include <boost/archive/impl/archive_serializer_map.ipp>
#include <boost/serialization/export.hpp>
#include <boost/serialization/extended_type_info_typeid.hpp>
#include <boost/serialization/singleton.hpp>
#include <boost/serialization/type_info_implementation.hpp>
#include <boost/serialization/void_cast.hpp>

#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>

namespace cohort::detail {

using class_info = boost::serialization::extended_type_info;
using class_registry = boost::archive::detail::archive_serializer_map<packed_iarchive>;

template <class T>
using class_info_of = typename boost::serialization::type_info_implementation<T>::type;

template <class T>
const class_info_of<T>& static_class() {
  return boost::serialization::singleton<class_info_of<T>>::get_const_instance();
}

// What archives can do with an exported class, of which only the name is known.
class class_codec : public boost::archive::detail::basic_serializer {
 public:
  virtual void encode(packed_oarchive& archive, const void* object) const = 0;
  virtual void* create() const = 0;
  virtual void destroy(void* object) const = 0;
  virtual void decode(packed_iarchive& archive, void* object) const = 0;

 protected:
  using basic_serializer::basic_serializer;
  ~class_codec() = default;
};

// Made by BOOST_CLASS_EXPORT for each class, before main.
template <class T>
class exported_class_codec : public class_codec {
 public:
  exported_class_codec() : class_codec(static_class<T>()) { class_registry::insert(this); }
  ~exported_class_codec() { class_registry::erase(this); }

  void encode(packed_oarchive& archive, const void* object) const override {
    detail::encode(archive, *static_cast<const T*>(object));
  }
  void* create() const override {
    check_constructible<T>();
    return new T();
  }
  void destroy(void* object) const override { delete static_cast<T*>(object); }
  void decode(packed_iarchive& archive, void* object) const override {
    detail::decode(archive, *static_cast<T*>(object));
  }
};

inline const class_codec* find_class_codec(const class_info* info) {
  return info == nullptr ? nullptr : static_cast<const class_codec*>(class_registry::find(*info));
}

// Written as the export key of the object's class and its value; the key is empty if the class is
// the pointer's own, which need not be exported.
template <may_be_base T>
struct pointee<T> {
  static_assert(std::has_virtual_destructor_v<T>,
                "cohort: T can't be sent: it is polymorphic, but without a virtual destructor "
                "nothing can own an object of a derived class through it");

  static consteval auto signature() {
    if constexpr (named_type<T>) {
      return fixed_string(T::cohort_type_name);
    } else {
      return fixed_string("object");
    }
  }

  static const void* identity(const T& object) { return dynamic_cast<const void*>(&object); }

  static void encode(packed_oarchive& archive, const T& object) {
    if (is_plain(object)) {
      archive.save_length(0);
      return encode_plain(archive, object);
    }
    const class_info* const info = static_class<T>().get_derived_extended_type_info(object);
    const class_codec* const codec = find_class_codec(info);
    if (codec == nullptr || info->get_key() == nullptr) {
      throw_unpackable(
          "the class of an object behind a pointer to its base is not exported; say "
          "BOOST_CLASS_EXPORT for it after including <cohort/serialization/polymorphic.hpp>");
    }
    const void* const whole =
        boost::serialization::void_downcast(*info, static_class<T>(), &object);
    if (whole == nullptr) {
      throw_unpackable(std::string(info->get_key()) +
                       " does not name its base: its serialize function must pass "
                       "boost::serialization::base_object to the archive");
    }
    detail::encode(archive, std::string(info->get_key()));
    codec->encode(archive, whole);
  }

  static std::unique_ptr<T> create(packed_iarchive& archive) {
    std::string key;
    detail::decode(archive, key);
    if (key.empty()) return create_plain();
    const class_info* const info = class_info::find(key.c_str());
    const class_codec* const codec = find_class_codec(info);
    if (codec == nullptr) throw_malformed("no exported class is called \"" + key + "\"");
    void* const whole = codec->create();
    void* const object = boost::serialization::void_upcast(*info, static_class<T>(), whole);
    if (object == nullptr) {
      codec->destroy(whole);
      throw_malformed("class " + key + " does not derive from what its pointer points to");
    }
    return std::unique_ptr<T>(static_cast<T*>(object));
  }

  static void decode(packed_iarchive& archive, T& object) {
    if (is_plain(object)) return decode_plain(archive, object);
    // Both are there: create() has found them a moment ago.
    const class_info* const info = static_class<T>().get_derived_extended_type_info(object);
    void* const whole = boost::serialization::void_downcast(
        *info, static_class<T>(), static_cast<void*>(std::addressof(object)));
    find_class_codec(info)->decode(archive, whole);
  }

 private:
  static bool is_plain(const T& object) { return typeid(object) == typeid(T); }

  static void encode_plain(packed_oarchive& archive, const T& object) {
    if constexpr (!std::is_abstract_v<T>) detail::encode(archive, object);
  }
  static void decode_plain(packed_iarchive& archive, T& object) {
    if constexpr (!std::is_abstract_v<T>) detail::decode(archive, object);
  }
  static std::unique_ptr<T> create_plain() {
    if constexpr (std::is_abstract_v<T>) {
      throw_malformed("an object of an abstract class");
    } else {
      check_constructible<T>();
      return std::make_unique<T>();
    }
  }
};

}  // namespace cohort::detail

namespace boost::archive::detail {

// BOOST_CLASS_EXPORT instantiates this for every archive that is registered below, to make what
// that archive needs for a class. Ours does both directions, so one of the two is registered.
template <class Exported>
struct ptr_serialization_support<cohort::packed_iarchive, Exported> {
  static void instantiate() BOOST_USED;
  using x = instantiate_function<&ptr_serialization_support::instantiate>;
};

template <class Exported>
void ptr_serialization_support<cohort::packed_iarchive, Exported>::instantiate() {
  serialization::singleton<cohort::detail::exported_class_codec<Exported>>::get_const_instance();
}

}  // namespace boost::archive::detail

BOOST_SERIALIZATION_REGISTER_ARCHIVE(cohort::packed_iarchive)
