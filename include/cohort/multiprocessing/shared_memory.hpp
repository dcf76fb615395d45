// Memory that all processes see which have a handle of it.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/detail/shareable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace cohort {

namespace detail {

// Zeroed memory for `count` elements of `size` bytes. Throws resource_error, usage_error.
std::shared_ptr<multiprocessing::attachment> make_shared_elements(std::uint32_t kind,
                                                                  std::size_t count,
                                                                  std::size_t size,
                                                                  const call& where);
std::byte* shared_bytes(const multiprocessing::attachment& object);
std::size_t shared_size(const multiprocessing::attachment& object);

}  // namespace detail

// `size()` elements that stand in the same memory for every process that has a handle; a copy means
// the same memory, which lives as long as anybody has one. T travels as its bytes (datatype.hpp),
// or is a std::atomic of such. Nothing is locked: who writes sees to it that nobody else reads.
//
//   cohort::shared_span<double> field(width * height);
//   cohort::process p(relax, field);              // writes field[i], seen here
//
// Elements begin as zero bytes. A handle in const context gives elements that can be changed, as
// std::span does. Addresses differ between processes.
template <class T>
class shared_span : public detail::shared_handle<shared_span<T>> {
  static_assert((detail::require_shareable<T>(), true));
  using base = detail::shared_handle<shared_span>;

 public:
  using element_type = T;
  using value_type = T;
  using iterator = typename std::span<T>::iterator;

  static constexpr const char* class_name = "shared_span";
  // A handle of other elements is none of these.
  static constexpr std::uint32_t kind = [] {
    constexpr auto name = "shared_span<" + detail::shared_element<T>::signature() + ">";
    return detail::signature_id(name.view());
  }();

  // No elements: a handle to read another into.
  shared_span() : shared_span(0) {}
  // Throws resource_error where there is no room, usage_error without an environment.
  explicit shared_span(std::size_t count, call where = {})
      : base(detail::make_shared_elements(kind, count, sizeof(T), where)) {
    attach();
  }

  T* data() const noexcept { return elements_.data(); }
  std::size_t size() const noexcept { return elements_.size(); }
  std::size_t size_bytes() const noexcept { return elements_.size_bytes(); }
  bool empty() const noexcept { return elements_.empty(); }
  T& operator[](std::size_t index) const noexcept { return elements_[index]; }
  iterator begin() const noexcept { return elements_.begin(); }
  iterator end() const noexcept { return elements_.end(); }

  std::span<T> span() const noexcept { return elements_; }
  operator std::span<T>() const noexcept { return elements_; }

  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    base::serialize(archive, version);
    if constexpr (Archive::is_loading::value) attach();
  }

 private:
  void attach() {
    elements_ = {reinterpret_cast<T*>(detail::shared_bytes(*this->object_)),
                 detail::shared_size(*this->object_) / sizeof(T)};
  }

  std::span<T> elements_;
};

// Plain bytes: cohort::shared_memory m(1 << 20);
using shared_memory = shared_span<std::byte>;

}  // namespace cohort
