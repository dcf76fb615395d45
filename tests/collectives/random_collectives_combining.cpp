// The reductions and scans, in each of their forms.
#include "collectives/random_collectives.hpp"

#include <functional>
#include <optional>

namespace cohort::test::random_collectives {

namespace {

template <class T>
using list = std::vector<T>;

template <class T>
std::shared_ptr<T> lend(T value) {
  return std::make_shared<T>(std::move(value));
}

struct compose {
  affine operator()(const affine& left, const affine& right) const { return composed(left, right); }
};

// The oracle: what the ranks before `end` give, combined one after the other.
template <class T, class Op>
list<T> folded(const Op& op, int end, const std::function<list<T>(int)>& given_by) {
  list<T> sum = given_by(0);
  for (int rank = 1; rank < end; ++rank) {
    const list<T> next = given_by(rank);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = op(sum[i], next[i]);
  }
  return sum;
}

// The ranks whose contributions this one gets: those before the number that is returned.
int ranks_combined(const caller& call) {
  switch (call.what().what) {
    case collective::reduce:
      return call.at_root() ? call.size() : 0;
    case collective::scan:
      return call.rank() + 1;
    case collective::exscan:
      return call.rank();
    default:
      return call.size();
  }
}

// One value of each rank, and what this rank gets, if anything.
template <class T, class Op>
void combine_value(caller& call, Op op) {
  const auto given = call.given<T>();
  const auto& comm = call.comm();
  const int root = call.root();
  const T mine = given.item(call.rank(), 0, 0);
  const int end = ranks_combined(call);
  std::optional<T> wanted;
  if (end != 0) {
    wanted = folded<T>(op, end, [&](int rank) { return given.some(rank, 0, 1); }).front();
  }
  switch (call.what().what) {
    case collective::reduce:
      return call.returns(
          wanted, [&] { return reduce(comm, mine, op, root); },
          [&] { return ireduce(comm, mine, op, root); });
    case collective::all_reduce:
      return call.returns(
          *wanted, [&] { return all_reduce(comm, mine, op); },
          [&] { return iall_reduce(comm, mine, op); });
    case collective::scan:
      return call.returns(
          *wanted, [&] { return scan(comm, mine, op); }, [&] { return iscan(comm, mine, op); });
    default:
      return call.returns(
          wanted, [&] { return exscan(comm, mine, op); }, [&] { return iexscan(comm, mine, op); });
  }
}

template <class T, class Op>
void combine_returned(caller& call, Op op, const std::shared_ptr<list<T>>& mine,
                      const list<T>& wanted) {
  const auto& comm = call.comm();
  const int root = call.root();
  const std::span<const T> elements(*mine);
  switch (call.what().what) {
    case collective::reduce:
      return call.returns(
          wanted, [&] { return reduce(comm, elements, op, root); },
          [&] { return ireduce(comm, elements, op, root); }, mine);
    case collective::all_reduce:
      return call.returns(
          wanted, [&] { return all_reduce(comm, elements, op); },
          [&] { return iall_reduce(comm, elements, op); }, mine);
    case collective::scan:
      return call.returns(
          wanted, [&] { return scan(comm, elements, op); },
          [&] { return iscan(comm, elements, op); }, mine);
    default:
      return call.returns(
          wanted, [&] { return exscan(comm, elements, op); },
          [&] { return iexscan(comm, elements, op); }, mine);
  }
}

// `place` may be `mine`.
template <class T, class Op>
void combine_placed(caller& call, Op op, const std::shared_ptr<list<T>>& mine,
                    const std::shared_ptr<list<T>>& place, const list<T>& wanted) {
  const auto& comm = call.comm();
  const int root = call.root();
  const bool same = mine == place;
  const std::span<const T> from(*mine);
  const std::span<T> to(*place);
  const auto both = inplace(to);
  switch (call.what().what) {
    case collective::reduce:
      return call.fills(
          place, wanted,
          [&] { same ? reduce(comm, both, op, root) : reduce(comm, from, to, op, root); },
          [&] { return same ? ireduce(comm, both, op, root) : ireduce(comm, from, to, op, root); },
          mine);
    case collective::all_reduce:
      return call.fills(
          place, wanted,
          [&] { same ? all_reduce(comm, both, op) : all_reduce(comm, from, to, op); },
          [&] { return same ? iall_reduce(comm, both, op) : iall_reduce(comm, from, to, op); },
          mine);
    case collective::scan:
      return call.fills(
          place, wanted, [&] { same ? scan(comm, both, op) : scan(comm, from, to, op); },
          [&] { return same ? iscan(comm, both, op) : iscan(comm, from, to, op); }, mine);
    default:
      return call.fills(
          place, wanted, [&] { same ? exscan(comm, both, op) : exscan(comm, from, to, op); },
          [&] { return same ? iexscan(comm, both, op) : iexscan(comm, from, to, op); }, mine);
  }
}

// A block of each rank.
template <class T, class Op>
void combine_elements(caller& call, Op op) {
  const auto given = call.given<T>();
  const auto mine = lend(given.block(call.rank(), 0));
  const int end = ranks_combined(call);
  const list<T> combined =
      end == 0 ? list<T>() : folded<T>(op, end, [&](int rank) { return given.block(rank, 0); });
  switch (call.what().how) {
    case form::value:
      return combine_value<T>(call, op);
    case form::placed: {
      // A place for which there is no result is left alone.
      const auto place = lend(list<T>(given.count()));
      return combine_placed<T>(call, op, mine, place, end == 0 ? *place : combined);
    }
    case form::in_place:
      return combine_placed<T>(call, op, mine, mine, end == 0 ? *mine : combined);
    default:
      return combine_returned<T>(call, op, mine, combined);
  }
}

template <class T, class Op>
void do_reduce_scatter(caller& call, Op op) {
  const auto given = call.given<T>();
  const auto& comm = call.comm();
  const int rank = call.rank();
  const auto mine = lend(given.given_to_all(rank));
  const list<T> wanted =
      folded<T>(op, call.size(), [&](int from) { return given.block(from, rank); });
  switch (call.what().how) {
    case form::value: {
      list<T> items;
      for (int to = 0; to < call.size(); ++to) items.push_back(given.item(rank, to, 0));
      const T item =
          folded<T>(op, call.size(), [&](int from) { return given.some(from, rank, 1); }).front();
      return call.returns(
          item, [&] { return reduce_scatter(comm, items, op); },
          [&] { return ireduce_scatter(comm, items, op); });
    }
    case form::returned:
      return call.returns(
          wanted, [&] { return reduce_scatter(comm, std::span(*mine), op); },
          [&] { return ireduce_scatter(comm, std::span(*mine), op); }, mine);
    case form::placed: {
      const auto place = lend(list<T>(given.count()));
      return call.fills(
          place, wanted, [&] { reduce_scatter(comm, std::span(*mine), std::span(*place), op); },
          [&] { return ireduce_scatter(comm, std::span(*mine), std::span(*place), op); }, mine);
    }
    case form::in_place: {
      // The other blocks are left as they are.
      list<T> after = *mine;
      std::copy(wanted.begin(), wanted.end(),
                after.begin() + static_cast<std::ptrdiff_t>(given.count()) * rank);
      return call.fills(
          mine, after, [&] { reduce_scatter(comm, inplace(*mine), op); },
          [&] { return ireduce_scatter(comm, inplace(*mine), op); });
    }
    default: {
      std::vector<int> counts;
      for (int to = 0; to < call.size(); ++to) counts.push_back(static_cast<int>(given.length(to)));
      const auto block = [&](int from, int to) { return given.some(from, to, given.length(to)); };
      const auto own = lend(given.joined([&](int to) { return block(rank, to); }));
      return call.returns(
          folded<T>(op, call.size(), [&](int from) { return block(from, rank); }),
          [&] { return reduce_scatter(comm, std::span(*own), counts, op); },
          [&] { return ireduce_scatter(comm, std::span(*own), counts, op); }, own);
    }
  }
}

template <class T, class Op>
void combine_by(caller& call, Op op) {
  if (call.what().what == collective::reduce_scatter) return do_reduce_scatter<T>(call, op);
  combine_elements<T>(call, op);
}

}  // namespace

void combine(caller& call) {
  switch (call.what().type) {
    case element::number:
      if (call.what().xors) return combine_by<std::uint32_t>(call, std::bit_xor<>());
      return combine_by<std::uint32_t>(call, std::plus<>());
    case element::real:
      return combine_by<double>(call, minimum<>());
    case element::map:
      return combine_by<affine>(call, compose());
    default:
      return combine_by<std::string>(call, std::plus<>());
  }
}

}  // namespace cohort::test::random_collectives
