// The table of what a family shares: makes objects, counts who holds them, gives back what nobody
// holds any more.
#pragma once

#include "multiprocessing/family/participant.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cohort::multiprocessing {

// Names one object for ever: a place in the table, and which of those that it has had.
struct object_name {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // never 0 of an object
};

// All of these hold the region's lock; what a dead holder of it had begun is undone first. They
// throw resource_error where memory or places are used up.
//
// An object's entry is written while its state is `vacant`, and made by storing `live`: a maker
// that dies before has made nothing. The bits of pages in use say the same as the entries do, and
// are made again from them when a holder of the lock has died.

// A new object of zeroed bytes, held by `me`. `kind` is what handles of it expect (name_hash of the
// class). A part of another object ends with it.
object_name create_object(participant& me, std::uint32_t kind, std::uint64_t bytes,
                          object_name whole = {});
// Makes `me` a holder. `arrived`: by a handle that was under way. False: there is no such object
// (any more).
bool hold_object(participant& me, object_name which, std::uint32_t kind, bool arrived);
// `me` holds it no longer. Where nobody does and no handle is under way, it ends, and its parts.
void drop_object(participant& me, object_name which);
// A handle is about to be on its way in bytes.
void send_object(participant& me, object_name which);
// Ends a part before its whole.
void destroy_part(participant& me, object_name part);
// The parts of an object that have this kind. Looks through the whole table.
std::vector<object_name> parts_of(participant& me, object_name whole, std::uint32_t kind);

// Whether an object lives that `me` need not hold. What the dead held is given back by the next
// holder of the region's lock, not before.
bool object_lives(const participant& me, object_name which);
// Where its bytes stand. Of an object that is held.
std::byte* object_payload(const participant& me, object_name which);
std::uint64_t object_bytes(const participant& me, object_name which);

}  // namespace cohort::multiprocessing
