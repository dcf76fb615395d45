// One rank's part of a neighbourhood collective: as collective_part.hpp, with a block for each
// neighbour instead of each rank, of which some are not there.
#pragma once

#include <cohort/constants.hpp>
#include <cohort/detail/collective_part.hpp>
#include <cohort/topology/neighborhood.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// A communicator that knows its rank's neighbours: cartesian_communicator, graph_communicator.
template <class C>
concept topology_communicator =
    std::derived_from<C, communicator> && requires(const C& comm, const call& where) {
      { comm.neighborhood(where) } -> std::same_as<const detail::neighborhood&>;
    };

namespace detail {

// Puts the blocks that are given into the order in which they are sent.
class send_layout {
 public:
  void apply(const std::vector<std::size_t>& order, block_layout& layout) {
    if (order.empty()) return;
    if (layout.offsets.empty()) find_offsets(layout, order.size());
    for (const std::size_t i : order) {
      if (!layout.sizes.empty()) sizes_.push_back(layout.sizes[i]);
      ordered_.push_back(layout.offsets[i]);
    }
    layout.offsets = ordered_;
    if (!layout.sizes.empty()) layout.sizes = sizes_;
  }

 private:
  void find_offsets(block_layout& layout, std::size_t blocks) {
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < blocks; ++i) {
      offsets_.push_back(end);
      end += layout.sizes.empty() ? layout.each : layout.sizes[i];
    }
    layout.offsets = offsets_;
  }

  std::vector<std::uint64_t> offsets_;  // in the caller's order
  std::vector<std::uint64_t> ordered_;
  std::vector<std::uint64_t> sizes_;
};

// A value from each source. What a source that is not there would fill stays as it is.
template <class Held>
class got_from_neighbors {
  using list = std::remove_cvref_t<Held>;
  using type = typename list::value_type;

 public:
  static constexpr bool returns = owns<Held>;

  explicit got_from_neighbors(const neighborhood& around)
    requires std::default_initializable<Held>
      : around_(&around) {}
  got_from_neighbors(const neighborhood& around, Held held)
      : around_(&around), values_(std::forward<Held>(held)) {}

  destination place(const collective_site&) {
    values_.resize(around_->sources.size());
    if constexpr (placed) {
      return {.data = values_.data(), .layout = {.each = sizeof(type)}};
    } else {
      return {.grow = &packed_blocks::grow, .owner = &packed_};
    }
  }
  void finish(const collective_site&) {
    if constexpr (!placed) {
      packed_.for_each([&](std::size_t i, std::span<const std::byte> bytes) {
        if (around_->sources[i] == null_rank) return;
        if constexpr (std::same_as<type, bool>) {
          values_[i] = bytes[0] != std::byte{0};
        } else {
          unpack_value(bytes, values_[i]);
        }
      });
    }
  }
  list& result() { return values_; }

 private:
  static constexpr bool placed = direct<type> && !std::same_as<type, bool>;
  struct none {};
  const neighborhood* around_;
  Held values_;
  [[no_unique_address]] std::conditional_t<placed, none, packed_blocks> packed_;
};

// As many elements from each source as `each`; in a vector, or in a span of the right length.
template <class Held>
class got_elements_from_neighbors {
  using list = std::remove_cvref_t<Held>;
  using type = std::remove_cv_t<typename list::value_type>;

 public:
  static constexpr bool returns = owns<Held>;

  got_elements_from_neighbors(const neighborhood& around, std::size_t each, Held held = Held())
      : around_(&around), each_(each), elements_(std::forward<Held>(held)) {}

  destination place(const collective_site&) {
    const std::size_t count = around_->sources.size() * each_;
    if constexpr (is_span<list>) {
      if (elements_.size() != count) {
        throw refusal{expected(count, elements_.size(), "elements of room",
                               "there is a block from each source, and all have the same length")};
      }
    } else {
      elements_.resize(count);
    }
    if constexpr (direct<type>) {
      return {.data = elements_.data(), .layout = {.each = each_ * sizeof(type)}};
    } else {
      return {.grow = &packed_blocks::grow, .owner = &packed_};
    }
  }
  void finish(const collective_site&) {
    if constexpr (!direct<type>) {
      packed_.for_each([&](std::size_t i, std::span<const std::byte> bytes) {
        if (around_->sources[i] == null_rank) return;
        unpack_elements(bytes, each_, i, elements_.data() + i * each_);
      });
    }
  }
  list& result() { return elements_; }

 private:
  static_assert(!std::same_as<list, std::vector<bool>>,
                "cohort: T can't be received: the bits of a vector<bool> have no addresses; use a "
                "span of bool or a vector of char");
  struct none {};
  const neighborhood* around_;
  std::size_t each_;
  Held elements_;
  [[no_unique_address]] std::conditional_t<direct<type>, none, packed_blocks> packed_;
};

// Blocks whose lengths come with them; an empty one from a source that is not there.
template <class T>
class got_flat_from_neighbors {
 public:
  static constexpr bool returns = true;

  explicit got_flat_from_neighbors(const neighborhood& around) : around_(&around) {}

  destination place(const collective_site&) {
    return {.grow = &packed_blocks::grow, .owner = &packed_};
  }
  void finish(const collective_site&) {
    std::vector<T> values;
    std::vector<std::size_t> counts;
    packed_.for_each([&](std::size_t i, std::span<const std::byte> bytes) {
      const std::size_t before = values.size();
      if (around_->sources[i] != null_rank) append(bytes, values);
      counts.push_back(values.size() - before);
    });
    result_ = flat<T>(std::move(values), counts);
  }
  flat<T>& result() { return result_; }

 private:
  static void append(std::span<const std::byte> bytes, std::vector<T>& values) {
    std::vector<T> block;
    unpack_value(bytes, block);
    values.insert(values.end(), std::make_move_iterator(block.begin()),
                  std::make_move_iterator(block.end()));
  }

  const neighborhood* around_;
  packed_blocks packed_;
  flat<T> result_;
};

// As many as the destinations are, since that is how many blocks are given.
inline collective_site site_of_sends(const collective_task& task,
                                     const runtime::communicator_state& comm,
                                     const neighborhood& around) {
  collective_site site(task, comm);
  site.size = static_cast<int>(around.destinations.size());
  return site;
}

template <class Given, class Got>
collective_call describe_neighbors(runtime::communicator_state& comm, const collective_task& task,
                                   const collective_site& site, const neighborhood& around,
                                   Given& given, Got& got, send_layout& order, const call& where) {
  no_operator none;
  collective_call part = describe(comm, task, site, given, got, none, where);
  part.to = around.to;
  part.from = around.sources;
  if (task.what == collective::neighbor_all_to_all) {
    order.apply(around.send_order, part.given.layout);
  }
  return part;
}

// A part under way. It has a share in the topology, whose handle may go before the operation ends.
template <class Topology, class Given, class Got>
struct neighbor_part_under_way {
  Topology comm;
  collective_task task;
  collective_site site;
  Given given;
  Got got;
  send_layout order;
  call_site place;
};

// The call that a form is used in.
template <topology_communicator Topology>
class neighbor_caller : public collective_caller {
 public:
  neighbor_caller(const Topology& comm, const char* name, const call& where)
      : collective_caller(comm, name, where), around_(comm.neighborhood(where)), topology_(comm) {}

  const neighborhood& around() const { return around_; }

  void check_blocks(std::size_t count) const {
    if (count == around_.destinations.size()) return;
    refuse(expected(around_.destinations.size(), count, "blocks", "give one for each destination"));
  }
  // The length of the blocks, one for each destination, that so many elements make up; or what
  // `room` for one from each source says, where there are no destinations.
  std::size_t length_of_blocks(std::size_t elements, std::size_t room = 0) const {
    const std::size_t blocks = around_.destinations.size();
    if (blocks == 0 ? elements != 0 : elements % blocks != 0) {
      refuse("expected a multiple of " + std::to_string(blocks) + " elements, got " +
             std::to_string(elements) +
             ": each destination has a block, and all have the same length");
    }
    if (blocks != 0) return elements / blocks;
    return around_.sources.empty() ? 0 : room / around_.sources.size();
  }

 protected:
  const neighborhood& around_;
  const Topology& topology_;
};

// Takes part, waits, and returns the result where there is one that is not put where the user says.
template <class Topology>
class neighbors_blocking : public neighbor_caller<Topology> {
 public:
  neighbors_blocking(const Topology& comm, const char* name, const call& where)
      : neighbor_caller<Topology>(comm, name, where) {}

  template <class Given, class Got>
  auto operator()(collective_task task, Given&& given, Got&& got) const {
    task.name = this->name_;
    runtime::communicator_state& state = this->comm_.state(this->where_);
    const collective_site site = site_of_sends(task, state, this->around_);
    send_layout order;
    runtime::run_collective(
        state,
        describe_neighbors(state, task, site, this->around_, given, got, order, this->where_),
        this->where_);
    finish_part(task, site, got, this->where_);
    if constexpr (std::remove_cvref_t<Got>::returns) return std::move(got.result());
  }
};

// Starts and returns a request: for the result, where there is one.
template <class Topology>
class neighbors_starting : public neighbor_caller<Topology> {
 public:
  neighbors_starting(const Topology& comm, const char* name, const call& where)
      : neighbor_caller<Topology>(comm, name, where) {}

  template <class Given, class Got>
  auto operator()(collective_task task, Given given, Got got) const {
    using part = neighbor_part_under_way<Topology, Given, Got>;
    task.name = this->name_;
    const auto& state = this->comm_.share(this->where_);
    auto held = std::make_shared<part>(part{this->topology_,
                                            task,
                                            site_of_sends(task, *state, this->around_),
                                            std::move(given),
                                            std::move(got),
                                            {},
                                            this->where_.site});
    part& stays = *held;
    const collective_call described = describe_neighbors(
        *state, task, stays.site, this->around_, stays.given, stays.got, stays.order, this->where_);
    auto room = std::make_unique<part_completion<part>>(held);
    auto under_way = runtime::start_collective(state, described, std::move(held), this->where_);
    if constexpr (Got::returns) {
      using result = std::remove_reference_t<decltype(stays.got.result())>;
      return value_request<result>(std::move(room), &stays.got.result(), std::move(under_way));
    } else {
      return request(std::move(room), std::move(under_way));
    }
  }
};

}  // namespace detail
}  // namespace cohort
