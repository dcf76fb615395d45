// Where a rank's result of a collective operation goes, by the kind of the result. place(), called
// once the object stays where it is, says where the blocks go; finish() makes values of them;
// result() is what the call returns, unless the result goes where the user says (`returns` is
// false). A rank that gets nothing keeps what it has.
#pragma once

#include <cohort/collectives/flat.hpp>
#include <cohort/detail/collective_given.hpp>
#include <cohort/detail/collective_site.hpp>
#include <cohort/detail/collective_value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

struct nothing_got {
  static constexpr bool returns = false;
  destination place(const collective_site&) { return {}; }
  void finish(const collective_site&) {}
};

template <class Held>
inline constexpr bool owns = !std::is_reference_v<Held> && !is_span<Held>;

template <class T>
struct inside {
  using type = T;
};
template <class T>
struct inside<std::optional<T>> {
  using type = T;
};

// One value. `Held` is a reference, the value itself, or a share in it; with `Optional` the value
// is there only at ranks that get one.
template <class Held, bool Optional = false>
class got_value {
  using slot = held_type<Held>;
  using type = typename std::conditional_t<Optional, inside<slot>, std::type_identity<slot>>::type;

 public:
  static constexpr bool returns = owns<Held>;

  got_value()
    requires std::default_initializable<Held>
  = default;
  explicit got_value(Held held) : held_(std::forward<Held>(held)) {}

  destination place(const collective_site& site) {
    if (!site.gets) return {};
    if constexpr (Optional) held_.emplace();
    if constexpr (direct<type>) {
      return {.data = std::addressof(object()), .layout = {.each = sizeof(type)}};
    } else if constexpr (resizable<type>) {
      return {.grow = &got_value::resize, .owner = this};
    } else {
      return {.grow = &packed_blocks::grow, .owner = &packed_};
    }
  }
  void finish(const collective_site& site) {
    if constexpr (!direct<type> && !resizable<type>) {
      if (site.gets) unpack(packed_.bytes.bytes(), object());
    }
  }
  auto& result() { return object_in(held_); }

 private:
  static void* resize(void* owner, std::span<const std::uint64_t> sizes) {
    type& object = static_cast<got_value*>(owner)->object();
    object.resize(static_cast<std::size_t>(sizes[0] / sizeof(typename type::value_type)));
    return object.data();
  }
  type& object() {
    if constexpr (Optional) {
      return *held_;
    } else {
      return object_in(held_);
    }
  }

  struct none {};
  Held held_;
  [[no_unique_address]] std::conditional_t<direct<type> || resizable<type>, none, packed_blocks>
      packed_;
};

// The elements that a result has room for: a span of the right length, or a vector that gets it.
template <class Held>
class element_room {
 public:
  using list = std::remove_cvref_t<Held>;
  using type = std::remove_cv_t<typename list::value_type>;

  element_room()
    requires std::default_initializable<Held>
  = default;
  explicit element_room(Held held) : held_(std::forward<Held>(held)) {}

  void fit(std::size_t count) {
    if constexpr (!is_span<list>) {
      held_.resize(count);
      if constexpr (bits) staged_ = std::make_unique<bool[]>(count);
    } else if (held_.size() != count) {
      throw refusal{expected(count, held_.size(), "elements of room", "that is what comes in")};
    }
  }
  type* data() {
    if constexpr (bits) {
      return staged_.get();
    } else {
      return held_.data();
    }
  }
  // To be called when the elements have come.
  void finish() {
    if constexpr (bits) std::copy_n(staged_.get(), held_.size(), held_.begin());
  }
  list& all() { return held_; }

 private:
  // Bits can't be received: they have no addresses.
  static constexpr bool bits = std::same_as<list, std::vector<bool>>;
  struct none {};
  Held held_;
  [[no_unique_address]] std::conditional_t<bits, std::unique_ptr<bool[]>, none> staged_;
};

// A value from each rank.
template <class Held>
class got_values {
  using room = element_room<Held>;
  using type = typename room::type;

 public:
  static constexpr bool returns = owns<Held>;

  got_values()
    requires std::default_initializable<Held>
  = default;
  explicit got_values(Held held) : room_(std::forward<Held>(held)) {}

  destination place(const collective_site& site) {
    if (!site.gets) return {};
    room_.fit(site.ranks());
    if constexpr (direct<type>) {
      return {.data = room_.data(), .layout = {.each = sizeof(type)}};
    } else {
      return {.grow = &packed_blocks::grow, .owner = &packed_};
    }
  }
  void finish(const collective_site& site) {
    if (!site.gets) return;
    if constexpr (direct<type>) {
      room_.finish();
    } else {
      packed_.for_each([&](std::size_t i, std::span<const std::byte> bytes) {
        unpack_value(bytes, room_.data()[i]);
      });
    }
  }
  auto& result() { return room_.all(); }

 private:
  struct none {};
  room room_;
  [[no_unique_address]] std::conditional_t<direct<type>, none, packed_blocks> packed_;
};

// Reads `wanted` elements of an archive into a place.
template <class T>
void unpack_elements(std::span<const std::byte> bytes, std::size_t wanted, std::size_t block,
                     T* out) {
  packed_iarchive archive(bytes);
  const std::size_t count =
      archive.load_length(minimum_size<T>(), serialized_type_of<std::vector<T>>.name);
  if (count != wanted) {
    throw truncation_error("block " + std::to_string(block) + " has " + std::to_string(count) +
                               " elements, expected " + std::to_string(wanted),
                           {});
  }
  for (std::size_t i = 0; i < count; ++i) decode(archive, out[i]);
}

// Blocks of elements of equal length.
template <class Held>
class got_elements {
  using room = element_room<Held>;
  using type = typename room::type;

 public:
  static constexpr bool returns = owns<Held>;

  // In a vector, which gets the length for blocks of `each` elements.
  got_elements(division into, std::size_t each)
    requires std::default_initializable<Held>
      : into_(into), each_(each) {}
  // In a span, whose length is checked where `each` is given.
  got_elements(Held held, division into, std::size_t each = any_number)
      : room_(std::forward<Held>(held)), into_(into), each_(each) {}

  destination place(const collective_site& site) {
    if (!site.gets) return {};
    if (is_span<std::remove_cvref_t<Held>>) {
      each_ = block_length(room_.all().size(), into_, each_, site);
    } else {
      room_.fit(into_ == division::one ? each_ : each_ * site.ranks());
    }
    if constexpr (direct<type>) {
      return {.data = first(site), .layout = {.each = each_ * sizeof(type)}};
    } else {
      return {.grow = &packed_blocks::grow, .owner = &packed_};
    }
  }
  void finish(const collective_site& site) {
    if (!site.gets) return;
    if constexpr (direct<type>) {
      room_.finish();
    } else {
      packed_.for_each([&](std::size_t i, std::span<const std::byte> bytes) {
        unpack_elements(bytes, each_, i, first(site) + i * each_);
      });
    }
  }
  auto& result() { return room_.all(); }

 private:
  type* first(const collective_site& site) {
    return into_ == division::own ? room_.data() + site.own() * each_ : room_.data();
  }

  struct none {};
  room room_;
  division into_;
  std::size_t each_;
  [[no_unique_address]] std::conditional_t<direct<type>, none, packed_blocks> packed_;
};

// Blocks whose lengths come with them.
template <class T>
class got_flat {
 public:
  static constexpr bool returns = true;

  destination place(const collective_site& site) {
    if (!site.gets) return {};
    if constexpr (direct<T>) {
      return {.grow = &got_flat::grow, .owner = this};
    } else {
      return {.grow = &packed_blocks::grow, .owner = &packed_};
    }
  }
  void finish(const collective_site& site) {
    if (!site.gets) return;
    if constexpr (!direct<T>) {
      std::vector<T> values;
      std::vector<std::size_t> counts;
      packed_.for_each([&](std::size_t, std::span<const std::byte> bytes) {
        std::vector<T> block;
        unpack(bytes, block);
        counts.push_back(block.size());
        values.insert(values.end(), std::make_move_iterator(block.begin()),
                      std::make_move_iterator(block.end()));
      });
      result_ = flat<T>(std::move(values), counts);
    }
  }
  flat<T>& result() { return result_; }

 private:
  static void* grow(void* owner, std::span<const std::uint64_t> sizes) {
    auto& result = static_cast<got_flat*>(owner)->result_;
    std::vector<std::size_t> counts;
    std::size_t total = 0;
    for (const std::uint64_t size : sizes) {
      counts.push_back(static_cast<std::size_t>(size / sizeof(T)));
      total += counts.back();
    }
    result = flat<T>(std::vector<T>(total), counts);
    return result[0].data();  // there is at least one rank
  }

  struct none {};
  flat<T> result_;
  [[no_unique_address]] std::conditional_t<direct<T>, none, packed_blocks> packed_;
};

// Blocks of given lengths, which are checked, at given places.
template <class T>
class got_counted {
 public:
  static constexpr bool returns = false;

  got_counted(T* out, const std::vector<int>& sizes, const std::vector<int>& displs)
      : out_(out), sizes_(sizes), displs_(displs) {}

  destination place(const collective_site& site) {
    if (!site.gets) return {};
    counts_ = block_counts(sizes_, displs_, site);
    if constexpr (direct<T>) {
      counts_ = counts_.scaled(sizeof(T));
      return {.data = out_, .layout = {.sizes = counts_.lengths, .offsets = counts_.starts}};
    } else {
      return {.grow = &packed_blocks::grow, .owner = &packed_};
    }
  }
  void finish(const collective_site& site) {
    if (!site.gets) return;
    if constexpr (!direct<T>) {
      packed_.for_each([&](std::size_t i, std::span<const std::byte> bytes) {
        unpack_elements(bytes, static_cast<std::size_t>(counts_.lengths[i]), i,
                        out_ + counts_.starts[i]);
      });
    }
  }

 private:
  struct none {};
  T* out_;
  const std::vector<int>& sizes_;
  const std::vector<int>& displs_;
  block_counts counts_;
  [[no_unique_address]] std::conditional_t<direct<T>, none, packed_blocks> packed_;
};

}  // namespace cohort::detail
