// Putting a message into a ring and taking one out where many do either, with waits that end.
#pragma once

#include <cohort/detail/transport.hpp>

#include "multiprocessing/channel/ring.hpp"
#include "multiprocessing/channel/ring_wait.hpp"
#include "multiprocessing/channel/turn.hpp"

#include <cstring>
#include <utility>

namespace cohort::multiprocessing {

// How an attempt ended.
enum class transferred {
  done,
  not_yet,  // the deadline has passed, or there was to be no wait
  ended     // by what the caller looks for: closed, say
};

struct patience {
  bool waits = true;  // false: where the ring is full or empty, that is the answer
  deadline limit = {};
};

// Puts one record. ended() is looked at in the turn and in waits; it must be cheap, and whoever
// makes it true calls wake_all().
template <class Ended>
transferred put_record(participant& me, ring to, const detail::payload& what, const patience& how,
                       const runtime::wait_reason& why, Ended&& ended) {
  for (;;) {
    record_room room;
    {
      turn mine(me, to.put_lock(), why, how.limit);
      if (!mine) return transferred::not_yet;
      if (mine.from_the_dead()) [[unlikely]]
        to.adopt();
      if (ended()) [[unlikely]]
        return transferred::ended;
      room = to.begin(what.type->id, what.bytes);
      if (room) [[likely]] {
        if (what.bytes != 0) std::memcpy(room.data, what.data, what.bytes);
        to.publish_in_turn(room);
        mine.end();
        to.announce_turn();
        return transferred::done;
      }
    }
    if (!how.waits) return transferred::not_yet;
    runtime::let_sender_run_ahead();
    if (!wait_room(me, to, room, why, how.limit, ended)) return transferred::not_yet;
  }
}

// Takes the oldest record after take(record) has read it; if that throws, the record stays.
// Records that are there are taken even where ended() holds; see put_record().
template <class Take, class Ended>
transferred take_record(participant& me, ring from, const patience& how,
                        const runtime::wait_reason& why, Take&& take, Ended&& ended) {
  for (;;) {
    {
      turn mine(me, from.get_lock(), why, how.limit);
      if (!mine) return transferred::not_yet;
      record next;
      if (from.front(next)) [[likely]] {
        take(std::as_const(next));
        from.pop_in_turn(next);
        mine.end();
        from.announce_room_after_turn();
        return transferred::done;
      }
    }
    // In this order: what was put before the end still arrives.
    const bool over = ended();
    if (over && !from.readable()) return transferred::ended;
    if (!how.waits) {
      if (!from.readable()) return transferred::not_yet;
      continue;
    }
    runtime::let_sender_run_ahead();
    if (!wait_readable(me, from, why, how.limit, ended)) return transferred::not_yet;
  }
}

// Copies a record to where a caller wants it, and says what it was. Throws type_error or
// truncation_error where it does not suit; the messages say that the record is kept.
detail::message_facts deliver(const runtime::arena& memory, const record& from,
                              const detail::sink& to, const char* class_name,
                              const error_context& context);

}  // namespace cohort::multiprocessing
