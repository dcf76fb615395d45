// Packed archives with pointers: sharing, cycles, null, polymorphic classes, and bytes that lie
// about them.
#include <cohort/serialization/pointer.hpp>
#include <cohort/serialization/polymorphic.hpp>

#include "archive_checks.hpp"

#include <gtest/gtest.h>
#include <boost/serialization/base_object.hpp>
#include <boost/serialization/export.hpp>

#include <cstring>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

struct shape {
  int id = 0;
  virtual ~shape() = default;
  virtual double area() const = 0;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& id;
  }
};

struct labelled {
  std::string label;
  virtual ~labelled() = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& label;
  }
};

struct square : labelled, shape {  // shape is not at the object's address
  double side = 0;
  double area() const override { return side * side; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& boost::serialization::base_object<shape>(*this);
    archive& boost::serialization::base_object<labelled>(*this) & side;
  }
};
BOOST_CLASS_EXPORT(square)

struct titled : labelled {
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& boost::serialization::base_object<labelled>(*this);
  }
};
BOOST_CLASS_EXPORT(titled)

struct unexported : shape {
  double area() const override { return 0; }
};

struct node {
  int value = 0;
  std::shared_ptr<node> next;
  std::weak_ptr<node> origin;
  node* previous = nullptr;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& value& next& origin& previous;
  }
};

namespace {

using cohort::archive_error;
using cohort::byte_buffer;
using cohort::detail::pack;
using cohort::detail::unpack;

template <class T>
T round_trip(const T& value) {
  byte_buffer packed;
  pack(value, packed);
  T read{};
  unpack(packed.bytes(), read);
  return read;
}

TEST(ArchivePointers, OneObjectStaysOneObject) {
  const auto shared = std::make_shared<std::string>("one");
  const auto read = round_trip(std::vector{shared, shared, std::make_shared<std::string>("one"),
                                           std::shared_ptr<std::string>()});
  ASSERT_EQ(read.size(), 4u);
  EXPECT_EQ(read[0], read[1]);
  EXPECT_NE(read[0], read[2]);
  EXPECT_EQ(*read[2], "one");
  EXPECT_EQ(read[3], nullptr);
}

TEST(ArchivePointers, ObjectsAtOneAddressButOfAnotherTypeAreTwo) {
  struct {
    std::shared_ptr<std::pair<int, int>> whole = std::make_shared<std::pair<int, int>>(1, 2);
    std::shared_ptr<int> part{whole, &whole->first};
  } value;
  const auto read = round_trip(std::pair(value.whole, value.part));
  EXPECT_EQ(read.first->second, 2);
  EXPECT_EQ(*read.second, 1);
}

TEST(ArchivePointers, BackPointersAndWeakPointersResolve) {
  auto first = std::make_shared<node>();
  first->value = 1;
  first->origin = first;
  first->next = std::make_shared<node>();
  first->next->previous = first.get();
  const auto read = round_trip(first);
  EXPECT_EQ(read->value, 1);
  EXPECT_EQ(read->origin.lock(), read);
  EXPECT_EQ(read->next->previous, read.get());
}

TEST(ArchivePointers, RawPointersMakeObjects) {
  int number = 5;
  const auto read = round_trip(std::vector<int*>{&number, &number, nullptr});
  const std::unique_ptr<int> owner(read[0]);
  EXPECT_EQ(*owner, 5);
  EXPECT_EQ(read[0], read[1]);
  EXPECT_EQ(read[2], nullptr);
}

TEST(ArchivePointers, ArchivesShareAcrossValues) {
  const auto shared = std::make_shared<int>(3);
  cohort::packed_oarchive out;
  out << shared << shared;
  cohort::packed_iarchive in(out.bytes());
  std::shared_ptr<int> first, second;
  in >> first >> second;
  EXPECT_EQ(first, second);
}

TEST(ArchivePointers, BytesThatLieAreErrors) {
  using pair = std::pair<std::shared_ptr<int>, std::shared_ptr<std::string>>;
  byte_buffer packed;
  pack(pair(std::make_shared<int>(1), std::make_shared<std::string>("two")), packed);
  const std::vector<std::byte> bytes(packed.data(), packed.data() + packed.size());
  archive_checks::check_hostile<pair>(bytes);

  auto confused = bytes;
  confused[5] = std::byte{1};  // the string is to be object 1, which is an int
  pair read;
  EXPECT_THROW(unpack(std::span(confused), read), archive_error);
}

TEST(ArchivePointers, ASharedPointerCannotTakeARawPointersObject) {
  int number = 5;
  byte_buffer packed;
  pack(&number, packed);
  pack(&number, packed);
  packed.resize(6);
  packed.data()[5] = std::byte{1};  // object 1 again
  cohort::packed_iarchive in(packed.bytes());
  int* raw = nullptr;
  std::shared_ptr<int> shared;
  in >> raw;
  const std::unique_ptr<int> owner(raw);
  EXPECT_THROW(in >> shared, archive_error);
}

std::unique_ptr<square> make_square(double side) {
  auto made = std::make_unique<square>();
  made->id = 7;
  made->label = "seven";
  made->side = side;
  return made;
}

TEST(ArchivePolymorphic, DerivedObjectsComeBackThroughEachBase) {
  std::vector<std::unique_ptr<shape>> shapes;
  shapes.push_back(make_square(2));
  shapes.push_back(nullptr);
  const auto read = round_trip(shapes);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0]->area(), 4);
  EXPECT_EQ(read[0]->id, 7);
  EXPECT_EQ(dynamic_cast<square&>(*read[0]).label, "seven");
  EXPECT_EQ(read[1], nullptr);

  const auto labels = round_trip(std::unique_ptr<labelled>(make_square(3)));
  EXPECT_EQ(dynamic_cast<square&>(*labels).area(), 9);
  const auto shared = round_trip(std::shared_ptr<shape>(make_square(3)));
  EXPECT_EQ(shared->area(), 9);
}

TEST(ArchivePolymorphic, AnObjectOfThePointersClassNeedsNoExport) {
  auto value = std::make_unique<labelled>();
  value->label = "plain";
  const auto read = round_trip(value);
  EXPECT_EQ(read->label, "plain");
  const labelled& object = *read;
  EXPECT_EQ(typeid(object), typeid(labelled));
}

TEST(ArchivePolymorphic, BytesThatLieAreErrors) {
  byte_buffer packed;
  const std::unique_ptr<shape> value = make_square(2);
  pack(value, packed);
  const std::vector<std::byte> bytes(packed.data(), packed.data() + packed.size());
  archive_checks::check_hostile<std::unique_ptr<shape>>(bytes);

  auto unrelated = bytes;  // a class that is exported, but no shape
  std::memcpy(unrelated.data() + 2, "titled", 6);
  std::unique_ptr<shape> read;
  EXPECT_THROW(unpack(std::span(unrelated), read), archive_error);
}

TEST(ArchivePolymorphic, UnexportedClassesCannotBePacked) {
  byte_buffer packed;
  const std::unique_ptr<shape> value = std::make_unique<unexported>();
  EXPECT_THROW(pack(value, packed), archive_error);
}

}  // namespace
