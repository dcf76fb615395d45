// What the saving and the loading archive share: Boost's helpers, and the bound on nesting.
#pragma once

#include <boost/serialization/library_version_type.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cohort::detail {

// Objects within objects: deeper than this is an archive_error, so that neither a list of a million
// nodes that packs itself recursively nor a message that pretends to hold one overflows the stack.
inline constexpr std::size_t maximum_nesting = 1000;

// Archives have an address that helpers and codecs may keep: neither copied nor moved.
class archive_base {
 public:
  archive_base() = default;
  archive_base(const archive_base&) = delete;
  archive_base& operator=(const archive_base&) = delete;

  // The Boost.Serialization whose archives this one resembles; its codecs for containers ask.
  boost::serialization::library_version_type get_library_version() const {
    return boost::serialization::library_version_type(18);
  }

  // Part of Boost's archive concept: state that lives as long as the archive, one object per id.
  // Made on first use.
  template <class Helper>
  Helper& get_helper(void* const id = nullptr) {
    for (const auto& [known, helper] : helpers_) {
      if (known == id) return *static_cast<Helper*>(helper.get());
    }
    auto helper = std::make_shared<Helper>();
    helpers_.emplace_back(id, helper);
    return *helper;
  }

  // Part of Boost's archive concept. Classes sent through pointers to their base are known by
  // BOOST_CLASS_EXPORT, so there is nothing to register with one archive.
  template <class T>
  void register_type(const T* = nullptr) {}

 protected:
  ~archive_base() = default;

 private:
  friend class nesting;

  std::vector<std::pair<void*, std::shared_ptr<void>>> helpers_;
  std::size_t depth_ = 0;
};

// Counts one level of nesting while it lives.
class nesting {
 public:
  explicit nesting(archive_base& archive) noexcept : archive_(archive) { ++archive_.depth_; }
  nesting(const nesting&) = delete;
  nesting& operator=(const nesting&) = delete;
  ~nesting() { --archive_.depth_; }

  bool too_deep() const noexcept { return archive_.depth_ > maximum_nesting; }

 private:
  archive_base& archive_;
};

}  // namespace cohort::detail
