// The operations that move elements, in each of their forms.
#include "collectives/random_collectives.hpp"

#include <algorithm>

namespace cohort::test::random_collectives {

namespace {

template <class T>
using list = std::vector<T>;

template <class T>
std::shared_ptr<T> lend(T value) {
  return std::make_shared<T>(std::move(value));
}

template <class T>
std::vector<int> counts_of(const list<list<T>>& lists) {
  std::vector<int> counts;
  for (const auto& each : lists) counts.push_back(static_cast<int>(each.size()));
  return counts;
}

// The rank's own block in a place for all.
template <class T>
auto own_place(caller& call, list<T>& all) {
  return all.begin() + static_cast<std::ptrdiff_t>(call.what().count) * call.rank();
}

template <class T>
void do_broadcast(caller& call) {
  const auto given = call.given<T>();
  const int root = call.root();
  const auto& comm = call.comm();
  if (call.what().how == form::value) {
    const auto length = given.length(root);
    const list<T> wanted = given.some(root, 0, length);
    const auto held = lend(call.at_root() ? wanted : list<T>());
    return call.fills(
        held, wanted, [&] { broadcast(comm, *held, root); },
        [&] { return ibroadcast(comm, *held, root); });
  }
  const list<T> wanted = given.block(root, 0);
  const auto held = lend(call.at_root() ? wanted : list<T>(wanted.size()));
  call.fills(
      held, wanted, [&] { broadcast(comm, std::span(*held), root); },
      [&] { return ibroadcast(comm, std::span(*held), root); });
}

template <class T>
void do_scatter(caller& call) {
  const auto given = call.given<T>();
  const int root = call.root();
  const auto& comm = call.comm();
  const bool here = call.at_root();
  const list<T> all = here ? given.given_to_all(root) : list<T>();
  const list<T> wanted = given.block(root, call.rank());
  const auto uneven = [&](int rank) { return given.some(root, rank, given.length(rank)); };
  switch (call.what().how) {
    case form::value: {
      const auto items = here ? given.uneven(uneven) : list<list<T>>();
      return call.returns(
          uneven(call.rank()), [&] { return scatter<list<T>>(comm, items, root); },
          [&] { return iscatter<list<T>>(comm, items, root); });
    }
    case form::returned: {
      const auto mine = lend(all);
      return call.returns(
          wanted, [&] { return scatter(comm, std::span(*mine), root); },
          [&] { return iscatter(comm, std::span(*mine), root); }, mine);
    }
    case form::placed: {
      const auto mine = lend(all);
      const auto place = lend(list<T>(given.count()));
      return call.fills(
          place, wanted, [&] { scatter(comm, std::span(*mine), std::span(*place), root); },
          [&] { return iscatter(comm, std::span(*mine), std::span(*place), root); }, mine);
    }
    case form::in_place: {
      const auto place = lend(here ? all : list<T>(given.count() * std::size_t(call.size())));
      list<T> after = *place;
      std::copy(wanted.begin(), wanted.end(), own_place(call, after));
      return call.fills(
          place, after, [&] { scatter(comm, inplace(*place), root); },
          [&] { return iscatter(comm, inplace(*place), root); });
    }
    default: {
      const flat<T> pieces(here ? given.uneven(uneven) : list<list<T>>());
      return call.returns(
          uneven(call.rank()), [&] { return scatterv(comm, pieces, root); },
          [&] { return iscatterv(comm, pieces, root); });
    }
  }
}

template <class T>
void do_gather(caller& call) {
  const auto given = call.given<T>();
  const int root = call.root();
  const auto& comm = call.comm();
  const bool here = call.at_root();
  const list<T> wanted = here ? given.given_by_all(0) : list<T>();
  const auto mine = lend(given.block(call.rank(), 0));
  const auto uneven = [&](int rank) { return given.some(rank, 0, given.length(rank)); };
  switch (call.what().how) {
    case form::value: {
      const auto own = uneven(call.rank());
      return call.returns(
          here ? given.uneven(uneven) : list<list<T>>(), [&] { return gather(comm, own, root); },
          [&] { return igather(comm, own, root); });
    }
    case form::returned:
      return call.returns(
          wanted, [&] { return gather(comm, std::span(*mine), root); },
          [&] { return igather(comm, std::span(*mine), root); }, mine);
    case form::placed: {
      const auto place = lend(list<T>(wanted.size()));
      return call.fills(
          place, wanted, [&] { gather(comm, std::span(*mine), std::span(*place), root); },
          [&] { return igather(comm, std::span(*mine), std::span(*place), root); }, mine);
    }
    case form::in_place: {
      const auto place = lend(list<T>(given.count() * std::size_t(call.size())));
      std::copy(mine->begin(), mine->end(), own_place(call, *place));
      return call.fills(
          place, here ? wanted : *place, [&] { gather(comm, inplace(*place), root); },
          [&] { return igather(comm, inplace(*place), root); });
    }
    default: {
      const auto own = lend(uneven(call.rank()));
      return call.returns(
          here ? flat<T>(given.uneven(uneven)) : flat<T>(),
          [&] { return gatherv(comm, std::span(*own), root); },
          [&] { return igatherv(comm, std::span(*own), root); }, own);
    }
  }
}

template <class T>
void do_all_gather(caller& call) {
  const auto given = call.given<T>();
  const auto& comm = call.comm();
  const list<T> wanted = given.given_by_all(0);
  const auto mine = lend(given.block(call.rank(), 0));
  const auto uneven = [&](int rank) { return given.some(rank, 0, given.length(rank)); };
  switch (call.what().how) {
    case form::value: {
      const auto own = uneven(call.rank());
      return call.returns(
          given.uneven(uneven), [&] { return all_gather(comm, own); },
          [&] { return iall_gather(comm, own); });
    }
    case form::returned:
      return call.returns(
          wanted, [&] { return all_gather(comm, std::span(*mine)); },
          [&] { return iall_gather(comm, std::span(*mine)); }, mine);
    case form::placed: {
      const auto place = lend(list<T>(wanted.size()));
      return call.fills(
          place, wanted, [&] { all_gather(comm, std::span(*mine), std::span(*place)); },
          [&] { return iall_gather(comm, std::span(*mine), std::span(*place)); }, mine);
    }
    case form::in_place: {
      const auto place = lend(list<T>(wanted.size()));
      std::copy(mine->begin(), mine->end(), own_place(call, *place));
      return call.fills(
          place, wanted, [&] { all_gather(comm, inplace(*place)); },
          [&] { return iall_gather(comm, inplace(*place)); });
    }
    default: {
      const auto own = lend(uneven(call.rank()));
      return call.returns(
          flat<T>(given.uneven(uneven)), [&] { return all_gatherv(comm, std::span(*own)); },
          [&] { return iall_gatherv(comm, std::span(*own)); }, own);
    }
  }
}

template <class T>
void do_all_to_all(caller& call) {
  const auto given = call.given<T>();
  const auto& comm = call.comm();
  const int rank = call.rank();
  const list<T> wanted = given.given_by_all(rank);
  const auto mine = lend(given.given_to_all(rank));
  const auto length = [&](int from, int to) { return given.length(from + 2 * to); };
  const auto out = [&](int to) { return given.some(rank, to, length(rank, to)); };
  const auto in = [&](int from) { return given.some(from, rank, length(from, rank)); };
  switch (call.what().how) {
    case form::value: {
      const auto items = given.uneven(out);
      return call.returns(
          given.uneven(in), [&] { return all_to_all(comm, items); },
          [&] { return iall_to_all(comm, items); });
    }
    case form::returned:
      return call.returns(
          wanted, [&] { return all_to_all(comm, std::span(*mine)); },
          [&] { return iall_to_all(comm, std::span(*mine)); }, mine);
    case form::placed: {
      const auto place = lend(list<T>(wanted.size()));
      return call.fills(
          place, wanted, [&] { all_to_all(comm, std::span(*mine), std::span(*place)); },
          [&] { return iall_to_all(comm, std::span(*mine), std::span(*place)); }, mine);
    }
    case form::in_place:
      return call.fills(
          mine, wanted, [&] { all_to_all(comm, inplace(*mine)); },
          [&] { return iall_to_all(comm, inplace(*mine)); });
    default: {
      const auto own = lend(given.joined(out));
      const std::vector<int> counts = counts_of(given.uneven(out));
      return call.returns(
          flat<T>(given.uneven(in)), [&] { return all_to_allv(comm, std::span(*own), counts); },
          [&] { return iall_to_allv(comm, std::span(*own), counts); }, own);
    }
  }
}

template <class T>
void move_elements(caller& call) {
  switch (call.what().what) {
    case collective::broadcast:
      return do_broadcast<T>(call);
    case collective::scatter:
      return do_scatter<T>(call);
    case collective::gather:
      return do_gather<T>(call);
    case collective::all_gather:
      return do_all_gather<T>(call);
    default:
      return do_all_to_all<T>(call);
  }
}

}  // namespace

void move(caller& call) {
  switch (call.what().type) {
    case element::number:
      return move_elements<std::uint32_t>(call);
    case element::real:
      return move_elements<double>(call);
    case element::map:
      return move_elements<affine>(call);
    default:
      return move_elements<std::string>(call);
  }
}

}  // namespace cohort::test::random_collectives
