// Classes as users write them, one for each way to be serialized: for the archive's tests and its
// fuzzer.
#pragma once

#include <cohort/archive.hpp>

#include <boost/serialization/base_object.hpp>
#include <boost/serialization/binary_object.hpp>
#include <boost/serialization/collection_size_type.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace archive_classes {

class private_member {
 public:
  private_member(int a = 0, std::string b = {}) : a_(a), b_(std::move(b)) {}
  bool operator==(const private_member&) const = default;

 private:
  friend class boost::serialization::access;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& a_& BOOST_SERIALIZATION_NVP(b_);
  }
  int a_;
  std::string b_;
};

struct free_function {
  double x = 0;
  std::map<int, std::string> names;
  bool operator==(const free_function&) const = default;
};
template <class Archive>
void serialize(Archive& archive, free_function& object, const unsigned) {
  archive& object.x& object.names;
}

struct free_split {
  std::vector<double> values;
  bool operator==(const free_split&) const = default;
};

class member_split {
 public:
  std::vector<int> values;
  bool operator==(const member_split&) const = default;

 private:
  friend class boost::serialization::access;
  template <class Archive>
  void save(Archive& archive, unsigned) const {
    const boost::serialization::collection_size_type count(values.size());
    archive << count << boost::serialization::make_array(values.data(), values.size());
  }
  template <class Archive>
  void load(Archive& archive, unsigned) {
    boost::serialization::collection_size_type count;
    archive >> count;
    const std::size_t size = std::as_const(count);
    if (size > archive.remaining()) throw cohort::archive_error("bad size", {});
    values.resize(size);
    archive >> boost::serialization::make_array(values.data(), values.size());
  }
  BOOST_SERIALIZATION_SPLIT_MEMBER()
};

struct versioned {
  int old_part = 1;
  int new_part = 2;
  unsigned seen = 0;
  bool operator==(const versioned& other) const {
    return old_part == other.old_part && new_part == other.new_part;
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    seen = version;
    archive& old_part;
    if (version >= 3) archive& new_part;
  }
};

struct derived final : private_member {
  std::vector<private_member> more;
  bool operator==(const derived&) const = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& boost::serialization::base_object<private_member>(*this) & more;
  }
};

struct tree {  // recursive through containers and unique_ptr
  bool flag = false;
  std::vector<tree> children;
  std::unique_ptr<tree> next;
  bool operator==(const tree& other) const {
    return flag == other.flag && children == other.children && !next == !other.next &&
           (!next || *next == *other.next);
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& flag& children& next;
  }
};

struct empty_class {
  bool operator==(const empty_class&) const = default;
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

struct blob {  // make_binary_object
  std::array<char, 5> bytes{};
  bool operator==(const blob&) const = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& boost::serialization::make_binary_object(bytes.data(), bytes.size());
  }
};

struct point {
  double x, y;
  bool operator==(const point&) const = default;
};

enum class color : std::uint8_t { red, green };
enum class answer : bool { no, yes };

}  // namespace archive_classes

namespace boost::serialization {
template <class Archive>
void save(Archive& archive, const archive_classes::free_split& object, const unsigned) {
  archive << object.values;
}
template <class Archive>
void load(Archive& archive, archive_classes::free_split& object, const unsigned) {
  archive >> object.values;
}
}  // namespace boost::serialization
BOOST_SERIALIZATION_SPLIT_FREE(archive_classes::free_split)
BOOST_CLASS_VERSION(archive_classes::versioned, 3)
COHORT_IS_MPI_DATATYPE(archive_classes::point)
