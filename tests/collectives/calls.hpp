// Collective calls as bytes, with what must come of them: elements whose combination shows the
// order of the operands, blocks whose lengths differ by rank, and the definition of each operation.
#pragma once

#include <cohort/detail/collective.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cohort::test {

// x -> a x + b, modulo 2^32: composition is associative and does not commute.
struct affine {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  bool operator==(const affine&) const = default;
};
inline constexpr detail::element_type affine_type{0xaff19e0u, sizeof(affine), "affine"};

inline affine composed(const affine& left, const affine& right) {
  return {left.a * right.a, left.a * right.b + left.b};
}
inline affine added(const affine& left, const affine& right) {
  return {left.a + right.a, left.b + right.b};
}

template <affine (*Combine)(const affine&, const affine&)>
void combine(const void*, const void* left, const void* right, void* out, std::size_t count) {
  const auto* l = static_cast<const affine*>(left);
  const auto* r = static_cast<const affine*>(right);
  auto* o = static_cast<affine*>(out);
  for (std::size_t i = 0; i < count; ++i) o[i] = Combine(l[i], r[i]);
}
inline const detail::reduction composing{&combine<composed>, nullptr, nullptr, 11,
                                         "compose",          false};
inline const detail::reduction adding{&combine<added>, nullptr, nullptr, 12, "add", true};

using elements = std::vector<affine>;

// What a call is about, equal on all ranks.
struct task {
  detail::collective what = detail::collective::barrier;
  int ranks = 1;
  int root = 0;
  std::size_t count = 0;  // elements of a block
  bool uniform = true;    // false: blocks differ in length
  bool reorders = false;  // operands may be combined in any order

  bool reduces() const {
    using detail::collective;
    return what == collective::reduce || what == collective::all_reduce ||
           what == collective::reduce_scatter || what == collective::scan ||
           what == collective::exscan;
  }
  const detail::reduction& op() const { return reorders ? adding : composing; }
  affine combined(const affine& l, const affine& r) const {
    return reorders ? added(l, r) : composed(l, r);
  }
};

// The blocks that a rank gives, and that it must get. No blocks: it gives, or gets, nothing.
std::vector<elements> given_by(const task& about, int rank);
std::vector<elements> expected_by(const task& about, int rank);

}  // namespace cohort::test
