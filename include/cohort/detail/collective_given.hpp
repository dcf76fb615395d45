// What a rank gives to a collective operation, by the kind of the argument. Each of these is held
// from the call to the end of the operation; give(), called once the object stays where it is, says
// where its blocks are.
#pragma once

#include <cohort/collectives/flat.hpp>
#include <cohort/detail/collective_site.hpp>
#include <cohort/detail/collective_value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

template <class T>
inline constexpr bool is_shared = false;
template <class T>
inline constexpr bool is_shared<std::shared_ptr<T>> = true;

// The object that an argument is held by: a reference to it while a call blocks, itself, or a share
// in it.
template <class Held>
auto& object_in(Held& held) {
  if constexpr (is_shared<std::remove_const_t<Held>>) {
    return *held;
  } else {
    return held;
  }
}
template <class Held>
using held_type =
    std::remove_cvref_t<decltype(object_in(std::declval<std::remove_reference_t<Held>&>()))>;

struct nothing_given {
  contribution give(const collective_site&) { return {}; }
};

// One value, which becomes one block.
template <class Held>
class given_value {
  using type = held_type<Held>;

 public:
  explicit given_value(Held held) : held_(std::forward<Held>(held)) {}

  contribution give(const collective_site& site) {
    if (!site.gives) return {};
    const type& object = object_in(held_);
    if constexpr (direct<type>) {
      return {std::addressof(object), {.each = sizeof(type)}};
    } else if constexpr (resizable<type>) {
      return {object.data(), {.each = object.size() * sizeof(typename type::value_type)}};
    } else {
      pack(object, packed_);
      return {packed_.data(), {.each = packed_.size()}};
    }
  }

 private:
  struct none {};
  Held held_;
  [[no_unique_address]] std::conditional_t<direct<type> || resizable<type>, none, byte_buffer>
      packed_;
};

// A value for each rank. `Held` is a vector, a reference to one, or a span.
template <class Held>
class given_values {
  using list = std::remove_cvref_t<Held>;
  using type = std::remove_cv_t<typename list::value_type>;

 public:
  explicit given_values(Held held) : held_(std::forward<Held>(held)) {}

  contribution give(const collective_site& site) {
    if (!site.gives) return {};
    if (held_.size() != site.ranks()) {
      throw refusal{expected(site.ranks(), held_.size(), "items", "give one for each rank")};
    }
    if constexpr (direct<type> && !std::same_as<list, std::vector<bool>>) {
      return {held_.data(), {.each = sizeof(type)}};
    } else if constexpr (direct<type>) {
      for (const bool one : held_) blocks_.bytes.append(&one, 1);
      return {blocks_.bytes.data(), {.each = 1}};
    } else {
      blocks_.sizes.reserve(held_.size());
      for (const type& one : held_) {
        const std::size_t before = blocks_.bytes.size();
        pack_value(one, blocks_.bytes);
        blocks_.sizes.push_back(blocks_.bytes.size() - before);
      }
      return {blocks_.bytes.data(), {.sizes = blocks_.sizes}};
    }
  }

 private:
  struct none {};
  Held held_;
  [[no_unique_address]] std::conditional_t<direct<type> && !std::same_as<list, std::vector<bool>>,
                                           none, packed_blocks>
      blocks_;
};

// Which blocks elements make up: all of them one; one for each rank, of equal length; or such, of
// which only the caller's own counts.
enum class division { one, per_rank, own };

inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

// The length of the blocks that `count` elements make up, which is to be `each`.
inline std::size_t block_length(std::size_t count, division into, std::size_t each,
                                const collective_site& site) {
  if (into == division::one) {
    if (each != any_number && count != each) {
      throw refusal{expected(each, count, "elements", "all ranks' blocks have the same length")};
    }
    return count;
  }
  if (each == any_number) {
    if (count % site.ranks() != 0) {
      throw refusal{"expected a multiple of " + std::to_string(site.size) + " elements, got " +
                    std::to_string(count) +
                    ": each rank has a block, and all have the same length; for blocks that differ "
                    "give their lengths"};
    }
    return count / site.ranks();
  }
  if (count != each * site.ranks()) {
    throw refusal{expected(each * site.ranks(), count, "elements",
                           "each rank has a block, and all have the same length")};
  }
  return each;
}

// Borrowed elements. `each` is the length of a block where another argument fixes it.
template <class T>
class given_elements {
 public:
  given_elements(std::span<const T> elements, division into, std::size_t each = any_number)
      : elements_(elements), into_(into), each_(each) {}

  contribution give(const collective_site& site) {
    if (!site.gives) return {};
    const std::size_t each = block_length(elements_.size(), into_, each_, site);
    if constexpr (direct<T>) {
      const T* const first =
          into_ == division::own ? elements_.data() + site.own() * each : elements_.data();
      return {first, {.each = each * sizeof(T)}};
    } else {
      const std::size_t first = into_ == division::own ? site.own() : 0;
      const std::size_t count = into_ == division::per_rank ? site.ranks() : 1;
      for (std::size_t i = first; i < first + count; ++i) {
        const std::size_t before = blocks_.bytes.size();
        pack_elements<T>(elements_.subspan(i * each, each), blocks_.bytes);
        blocks_.sizes.push_back(blocks_.bytes.size() - before);
      }
      if (count == 1) return {blocks_.bytes.data(), {.each = blocks_.bytes.size()}};
      return {blocks_.bytes.data(), {.sizes = blocks_.sizes}};
    }
  }

 private:
  struct none {};
  std::span<const T> elements_;
  division into_;
  std::size_t each_;
  [[no_unique_address]] std::conditional_t<direct<T>, none, packed_blocks> blocks_;
};

// The lengths of blocks in elements, and where they begin; from the user's lists.
struct block_counts {
  std::vector<std::uint64_t> lengths;
  std::vector<std::uint64_t> starts;

  block_counts() = default;
  // `displs` empty: one after another.
  block_counts(const std::vector<int>& sizes, const std::vector<int>& displs,
               const collective_site& site) {
    if (sizes.size() != site.ranks()) {
      throw refusal{expected(site.ranks(), sizes.size(), "lengths", "give one for each rank")};
    }
    if (!displs.empty() && displs.size() != site.ranks()) {
      throw refusal{
          expected(site.ranks(), displs.size(), "displacements", "give one for each rank")};
    }
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const int start = displs.empty() ? 0 : displs[i];
      if (sizes[i] < 0 || start < 0) {
        throw refusal{"the length and the displacement of block " + std::to_string(i) + " are " +
                      std::to_string(sizes[i]) + " and " + std::to_string(start) +
                      ": neither may be negative"};
      }
      lengths.push_back(static_cast<std::uint64_t>(sizes[i]));
      starts.push_back(displs.empty() ? end : static_cast<std::uint64_t>(start));
      end += lengths.back();
    }
  }
  template <class T>
  block_counts(const flat<T>& blocks, const collective_site& site) {
    if (blocks.size() != site.ranks()) {
      throw refusal{expected(site.ranks(), blocks.size(), "blocks", "give one for each rank")};
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      lengths.push_back(blocks.count(i));
      starts.push_back(blocks.offsets()[i]);
    }
  }

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t length : lengths) sum += length;
    return sum;
  }
  // The same in bytes.
  block_counts scaled(std::size_t element) const {
    block_counts bytes = *this;
    for (std::uint64_t& length : bytes.lengths) length *= element;
    for (std::uint64_t& start : bytes.starts) start *= element;
    return bytes;
  }
};

// Elements in blocks that differ in length.
template <class T>
class given_counted_base {
 protected:
  contribution blocks(const T* elements, const block_counts& counts) {
    if constexpr (direct<T>) {
      in_bytes_ = counts.scaled(sizeof(T));
      return {elements, {.sizes = in_bytes_.lengths, .offsets = in_bytes_.starts}};
    } else {
      for (std::size_t i = 0; i < counts.lengths.size(); ++i) {
        const std::size_t before = in_bytes_.bytes.size();
        pack_elements<T>(
            std::span(elements + counts.starts[i], static_cast<std::size_t>(counts.lengths[i])),
            in_bytes_.bytes);
        in_bytes_.sizes.push_back(in_bytes_.bytes.size() - before);
      }
      return {in_bytes_.bytes.data(), {.sizes = in_bytes_.sizes}};
    }
  }

 private:
  std::conditional_t<direct<T>, block_counts, packed_blocks> in_bytes_;
};

// Behind a pointer, or in a span, whose length is then checked. The lists are needed in give()
// only.
template <class T>
class given_counted : given_counted_base<T> {
 public:
  given_counted(const T* elements, const std::vector<int>& sizes, const std::vector<int>& displs)
      : elements_(elements), sizes_(sizes), displs_(displs) {}
  given_counted(std::span<const T> elements, const std::vector<int>& sizes)
      : elements_(elements.data()), count_(elements.size()), sizes_(sizes), displs_(none_) {}

  contribution give(const collective_site& site) {
    if (!site.gives) return {};
    const block_counts counts(sizes_, displs_, site);
    if (count_ != any_number && counts.total() != count_) {
      throw refusal{expected(static_cast<std::size_t>(counts.total()), count_, "elements",
                             "the lengths of the blocks add up to that")};
    }
    return this->blocks(elements_, counts);
  }

 private:
  static inline const std::vector<int> none_;
  const T* elements_;
  std::size_t count_ = any_number;
  const std::vector<int>& sizes_;
  const std::vector<int>& displs_;
};

template <class Held>
class given_flat : given_counted_base<typename std::remove_cvref_t<Held>::value_type> {
 public:
  explicit given_flat(Held held) : held_(std::forward<Held>(held)) {}

  contribution give(const collective_site& site) {
    if (!site.gives) return {};
    return this->blocks(held_.values().data(), block_counts(held_, site));
  }

 private:
  Held held_;
};

}  // namespace cohort::detail
