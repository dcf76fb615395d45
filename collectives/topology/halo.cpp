// The halo exchange, as one neighbourhood collective with all ranks around: in one round, however
// many dimensions there are, so that it can run in the background. What is exchanged is packed, for
// most faces are strided.
#include <cohort/constants.hpp>
#include <cohort/detail/collective.hpp>
#include <cohort/error.hpp>
#include <cohort/topology/halo.hpp>

#include "collectives/topology/boxes.hpp"

#include <cstdint>
#include <limits>
#include <string>

namespace cohort::detail {

namespace {

// What is wrong with the arguments, or nothing.
std::string problem_of(const cartesian_grid& grid, const halo_layout& layout,
                       const halo_array& array) {
  const std::size_t dimensions = grid.topology.size();
  if (layout.extents.size() != dimensions || layout.widths.size() != dimensions) {
    return "expected " + std::to_string(dimensions) +
           " extents and widths, one for each dimension of the grid, got " +
           std::to_string(layout.extents.size()) + " and " + std::to_string(layout.widths.size());
  }
  std::size_t cells = 1;
  bool countable = true;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const std::int64_t extent = layout.extents[d];
    const std::int64_t width = layout.widths[d];
    if (width < 0 || extent < 3 * width || extent < 1) {
      return "dimension " + std::to_string(d) + " has " + std::to_string(extent) +
             " cells, which is no room for a halo of " + std::to_string(width) +
             " on each side, and between them for the cells that neighbours need";
    }
    const auto more = static_cast<std::size_t>(extent);
    countable = countable && cells <= std::numeric_limits<std::size_t>::max() / more;
    if (countable) cells *= more;
  }
  if (!countable || cells != array.elements) {
    return "expected an array of " + (countable ? std::to_string(cells) : "far more") +
           " elements, the product of the extents, got " + std::to_string(array.elements);
  }
  return {};
}

// Throws for arguments that do not fit. They may be this rank's alone: the others must not wait.
void check(const cartesian_communicator& grid, const halo_layout& layout, const halo_array& array,
           const char* name, const call& where) {
  const std::string problem = problem_of(grid.grid(where), layout, array);
  if (problem.empty()) return;
  runtime::abandon_collective(grid.state(where), name, problem.c_str(), where);
  throw argument_error(problem, {.operation = name, .site = where.site});
}

// An exchange: its messages, from before the first is sent until the last is in the array.
class halo_exchange {
 public:
  halo_exchange(const cartesian_grid& grid, const halo_layout& layout, const halo_array& array)
      : array_(array), extents_(layout.extents), parts_(halo_parts(grid, layout)) {
    std::uint64_t given = 0;
    std::uint64_t got = 0;
    for (const halo_part& part : parts_) {
      to_.push_back(part.destination);
      from_.push_back(part.source);
      const auto bytes_of = [&](int peer, const box& cells) -> std::uint64_t {
        return peer == null_rank ? 0 : cells.cells() * array.element_bytes;
      };
      given_sizes_.push_back(bytes_of(part.destination, part.outgoing));
      got_sizes_.push_back(bytes_of(part.source, part.incoming));
      given += given_sizes_.back();
      got += got_sizes_.back();
    }
    given_.resize(given);
    got_.resize(got);
    std::byte* out = given_.data();
    for (const halo_part& part : parts_) {
      if (part.destination != null_rank) out = pack(array_, extents_, part.outgoing, out);
    }
  }

  collective_call part_of_caller(const char* name) {
    collective_call mine;
    mine.what = collective::neighbor_all_to_all;
    mine.name = name;
    mine.type = array_.type;
    mine.uniform = false;  // faces differ in size; where two arrays touch they are compared
    mine.given.data = given_.data();
    mine.given.layout.sizes = given_sizes_;
    mine.got.data = got_.data();
    mine.got.layout.sizes = got_sizes_;
    mine.to = to_;
    mine.from = from_;
    return mine;
  }

  // All messages have come.
  void finish() const {
    const std::byte* in = got_.data();
    for (const halo_part& part : parts_) {
      if (part.source != null_rank) in = unpack(array_, extents_, part.incoming, in);
    }
  }

 private:
  const halo_array array_;
  const std::vector<int> extents_;
  const std::vector<halo_part> parts_;
  std::vector<int> to_;
  std::vector<int> from_;
  std::vector<std::uint64_t> given_sizes_;
  std::vector<std::uint64_t> got_sizes_;
  byte_buffer given_;
  byte_buffer got_;
};

// Fills the halo once the request is waited for.
class halo_completion final : public completion {
 public:
  explicit halo_completion(std::shared_ptr<const halo_exchange> exchange)
      : exchange_(std::move(exchange)) {}
  void finish(message_facts&, const call&) override { exchange_->finish(); }

 private:
  const std::shared_ptr<const halo_exchange> exchange_;
};

}  // namespace

void exchange_halo(const cartesian_communicator& grid, const halo_layout& layout,
                   const halo_array& array, const call& where) {
  constexpr const char* name = "exchange_halo";
  check(grid, layout, array, name, where);
  halo_exchange exchange(grid.grid(where), layout, array);
  runtime::run_collective(grid.state(where), exchange.part_of_caller(name), where);
  exchange.finish();
}

request start_halo_exchange(const cartesian_communicator& grid, const halo_layout& layout,
                            const halo_array& array, const call& where) {
  constexpr const char* name = "iexchange_halo";
  check(grid, layout, array, name, where);
  const auto exchange = std::make_shared<halo_exchange>(grid.grid(where), layout, array);
  auto completion = std::make_unique<halo_completion>(exchange);
  return request(std::move(completion),
                 runtime::start_collective(grid.share(where), exchange->part_of_caller(name),
                                           exchange, where));
}

}  // namespace cohort::detail
