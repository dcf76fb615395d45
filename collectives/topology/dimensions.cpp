// Choosing the sizes of a grid's dimensions. MPI_Dims_create asks for sizes "as close to each other
// as possible", which greedy factorisations miss (Träff and Lübbe, "Specification guideline
// violations by MPI_Dims_create", 2015); so the best one is searched for among the divisors.
#include <cohort/error.hpp>
#include <cohort/topology/dimensions.hpp>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>

namespace cohort {

namespace {

[[noreturn]] void refuse(const std::string& what, const call& where) {
  throw argument_error(what, {.operation = "cartesian_dimensions", .site = where.site});
}

std::vector<int> divisors_of(int n) {
  std::vector<int> low;
  std::vector<int> high;
  for (int d = 1; static_cast<std::int64_t>(d) * d <= n; ++d) {
    if (n % d != 0) continue;
    low.push_back(d);
    if (d != n / d) high.push_back(n / d);
  }
  low.insert(low.end(), high.rbegin(), high.rend());
  return low;
}

// Whether factors of at most `limit` can make up n at all.
bool within_reach(int n, std::size_t factors, int limit) {
  std::int64_t product = 1;
  for (; factors > 0 && product < n; --factors) product *= limit;
  return product >= n;
}

// Writes n as a product of `out.size()` factors that do not increase, none above `limit`: of all
// such products the one whose first factor is smallest, then the second, and so on. False if there
// is none.
bool factorise(int n, int limit, std::span<const int> divisors, std::span<int> out) {
  if (out.empty()) return n == 1;
  for (const int first : divisors) {
    if (first > limit) return false;
    if (n % first != 0 || !within_reach(n, out.size(), first)) continue;
    out.front() = first;
    if (factorise(n / first, first, divisors, out.subspan(1))) return true;
  }
  return false;
}

std::string text_of(const std::vector<int>& dims) {
  std::string text;
  for (const int size : dims) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

}  // namespace

std::vector<int>& cartesian_dimensions(int ranks, std::vector<int>& dims, call where) {
  if (ranks < 1) refuse("a grid of " + std::to_string(ranks) + " ranks has no dimensions", where);
  std::int64_t given = 1;
  std::size_t free = 0;
  for (const int size : dims) {
    if (size < 0) {
      refuse("the size " + std::to_string(size) +
                 " is negative; give a positive one, or 0 to have it chosen",
             where);
    }
    if (size == 0) ++free;
    if (size > 0 && given <= ranks) given *= size;
  }
  const bool fits = given <= ranks && ranks % given == 0 && (free > 0 || given == ranks);
  if (!fits) {
    refuse(std::to_string(ranks) + " ranks do not fill a grid of " +
               (dims.empty() ? std::string("no dimensions") : text_of(dims)) +
               (free > 0 ? ", where 0 is to be chosen: the product of the given sizes must divide "
                           "the number of ranks"
                         : ": the product of the sizes must be the number of ranks"),
           where);
  }
  const int left = static_cast<int>(ranks / given);
  std::vector<int> chosen(free);
  const std::vector<int> divisors = divisors_of(left);
  factorise(left, left, divisors, chosen);  // left x 1 x … x 1 is always there
  auto next = chosen.begin();
  for (int& size : dims) {
    if (size == 0) size = *next++;
  }
  return dims;
}

cartesian_topology::cartesian_topology(int dimensions, call where) {
  if (dimensions < 0) {
    throw argument_error("a grid can't have " + std::to_string(dimensions) + " dimensions",
                         {.operation = "cartesian_topology", .site = where.site});
  }
  resize(static_cast<std::size_t>(dimensions));
}

void cartesian_topology::split(std::vector<int>& sizes, std::vector<bool>& periods) const {
  sizes.clear();
  periods.clear();
  for (const auto& [size, periodic] : *this) {
    sizes.push_back(size);
    periods.push_back(periodic);
  }
}

std::ostream& operator<<(std::ostream& out, const cartesian_dimension& dimension) {
  return out << '(' << dimension.size << ',' << (dimension.periodic ? "cyclic" : "bounded") << ')';
}

std::ostream& operator<<(std::ostream& out, const cartesian_topology& topology) {
  out << '{';
  const char* separator = "";
  for (const auto& dimension : topology) {
    out << separator << dimension;
    separator = ",";
  }
  return out << '}';
}

}  // namespace cohort
