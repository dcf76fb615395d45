// Archive codecs of raw pointers, shared_ptr and weak_ptr: they send what they point to, once per
// archive however many point to it. To be included by programs that want this.
//
// Pointers of one static type to one object point to one object again in the receiver; cycles work.
// Raw pointers come back as objects made by `new`, or as the address of one that was read before:
// as with Boost.Serialization, who deletes it is the class's affair, so bytes that nobody vouches
// for should be read into unique_ptr and shared_ptr only. Pointers to polymorphic classes need
// polymorphic.hpp as well.
//
// The tracking is our own and not that of Boost's archives, which index their tables with ids read
// from the bytes unchecked.
#pragma once

#include <cohort/archive.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cohort::detail {

// Its address stands for the type T within this process.
template <class T>
inline constexpr char type_tag = 0;

// The objects that one archive has written through pointers, numbered from 1.
class written_objects {
 public:
  struct entry {
    std::uint64_t number;
    bool is_new;
  };

  template <class T>
  entry find_or_add(const T& object) {
    const key sought{pointee<T>::identity(object), &type_tag<T>};
    const auto [place, is_new] = numbers_.try_emplace(sought, numbers_.size() + 1);
    return {place->second, is_new};
  }

 private:
  using key = std::pair<const void*, const void*>;  // object and type
  struct hash {
    std::size_t operator()(const key& k) const noexcept {
      return std::hash<const void*>()(k.first) ^ (std::hash<const void*>()(k.second) << 1);
    }
  };

  std::unordered_map<key, std::uint64_t, hash> numbers_;
};

// The objects that one archive has read through pointers, in the order of their numbers.
class read_objects {
 public:
  struct entry {
    void* object;
    const void* type;
    std::shared_ptr<void> owner;  // null: a raw pointer's
  };

  // The entry of a number that was met before, nullptr if it is the next new one.
  template <class T>
  const entry* find(std::uint64_t number, const char* what) const {
    if (number == entries_.size() + 1) return nullptr;
    if (number > entries_.size() || entries_[number - 1].type != &type_tag<T>) {
      throw_malformed(std::string(what) + " refers to object " + std::to_string(number) +
                      ", which is not there or of another type");
    }
    return &entries_[number - 1];
  }

  template <class T>
  void add(T* object, std::shared_ptr<void> owner) {
    entries_.push_back({object, &type_tag<T>, std::move(owner)});
  }

 private:
  std::vector<entry> entries_;
};

// What the three kinds of pointer share: 0 for null, else the object's number and, at its first
// mention, the object.
template <class T>
struct pointer_codec {
  static_assert(!std::is_array_v<T>,
                "cohort: T can't be sent: a pointer to an array does not know "
                "its length; send a std::vector");
  using object = std::remove_cv_t<T>;
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return "pointer<" + pointee<object>::signature() + ">"; }

 protected:
  static void encode_pointer(packed_oarchive& archive, const object* target) {
    if (target == nullptr) return archive.save_length(0);
    auto& objects = archive.template get_helper<written_objects>(helper_id());
    const auto [number, is_new] = objects.find_or_add(*target);
    archive.save_length(number);
    if (is_new) pointee<object>::encode(archive, *target);
  }

  static std::uint64_t load_object_number(packed_iarchive& archive) {
    return archive.load_number(name());
  }
  static read_objects& known_objects(packed_iarchive& archive) {
    return archive.template get_helper<read_objects>(helper_id());
  }
  static constexpr const char* name() { return signature_text<T*>.text; }

 private:
  // Any address that is ours alone will do.
  static void* helper_id() { return const_cast<char*>(&type_tag<read_objects>); }
};

template <class T>
struct codec<T*> : pointer_codec<T> {
  using base = pointer_codec<T>;
  using typename base::object;

  static void encode(packed_oarchive& archive, T* value) { base::encode_pointer(archive, value); }

  static void decode(packed_iarchive& archive, T*& value) {
    value = nullptr;
    const std::uint64_t number = base::load_object_number(archive);
    if (number == 0) return;
    auto& objects = base::known_objects(archive);
    if (const auto* known = objects.template find<object>(number, base::name())) {
      value = static_cast<object*>(known->object);
      return;
    }
    std::unique_ptr<object> fresh = pointee<object>::create(archive);
    objects.add(fresh.get(), nullptr);
    pointee<object>::decode(archive, *fresh);
    value = fresh.release();
  }
};

template <class T>
struct codec<std::shared_ptr<T>> : pointer_codec<T> {
  using base = pointer_codec<T>;
  using typename base::object;

  static void encode(packed_oarchive& archive, const std::shared_ptr<T>& value) {
    base::encode_pointer(archive, value.get());
  }

  static void decode(packed_iarchive& archive, std::shared_ptr<T>& value) {
    value.reset();
    const std::uint64_t number = base::load_object_number(archive);
    if (number == 0) return;
    auto& objects = base::known_objects(archive);
    if (const auto* known = objects.template find<object>(number, base::name())) {
      if (known->owner == nullptr) {
        throw_malformed(std::string(base::name()) +
                        " is to share an object that a raw pointer was read for");
      }
      value = std::shared_ptr<T>(known->owner, static_cast<object*>(known->object));
      return;
    }
    std::shared_ptr<object> fresh = pointee<object>::create(archive);
    objects.add(fresh.get(), fresh);
    pointee<object>::decode(archive, *fresh);
    value = std::move(fresh);
  }
};

// Expired after reading, unless a shared_ptr to the same object was read with the same archive.
template <class T>
struct codec<std::weak_ptr<T>> : pointer_codec<T> {
  static void encode(packed_oarchive& archive, const std::weak_ptr<T>& value) {
    detail::encode(archive, value.lock());
  }
  static void decode(packed_iarchive& archive, std::weak_ptr<T>& value) {
    std::shared_ptr<T> locked;
    detail::decode(archive, locked);
    value = locked;
  }
};

}  // namespace cohort::detail
