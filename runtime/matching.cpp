#include "runtime/matching.hpp"

#include <cohort/constants.hpp>

#include <cstring>

namespace cohort::runtime {

namespace {

bool matches(std::int32_t wanted_tag, std::uint32_t wanted_context, const envelope& header) {
  return wanted_context == header.context && (wanted_tag == any_tag || wanted_tag == header.tag);
}

void end(operation& receive, outcome how) {
  receive.incoming = nullptr;
  receive.end(how);
}

void note(operation& receive, std::uint32_t member, const envelope& header, std::uint64_t length) {
  receive.from = static_cast<std::int32_t>(member);
  receive.message_tag = header.tag;
  receive.message_type = header.type;
  receive.message_bytes = length;
}

// Whether a message of just the type that is asked for has room where it is to go.
bool is_for(const detail::sink& where, std::uint32_t type, std::uint64_t length) {
  return where.type->id == type && !where.grow && length <= where.capacity &&
         (!where.exact || length == where.capacity);
}

// Ends the receive with an error if the message does not suit it.
bool suits(operation& receive, std::uint32_t member, const envelope& header, std::uint64_t length) {
  const detail::sink& where = receive.where;
  const std::uint32_t wanted = where.type->id;
  outcome verdict = outcome::done;
  if (wanted != header.type && !detail::matches_anything(wanted) &&
      !detail::matches_anything(header.type)) {
    verdict = outcome::wrong_type;
  } else if (!where.grow &&
             (length > where.capacity || (where.exact && length != where.capacity))) {
    verdict = outcome::wrong_length;
  }
  if (verdict == outcome::done) [[likely]]
    return true;
  note(receive, member, header, length);
  end(receive, verdict);
  return false;
}

// Where the message is to go. nullptr, and the receive has failed, where there is no room for it.
std::byte* place_for(operation& receive, const envelope& header, std::uint64_t length) {
  const detail::sink& where = receive.where;
  receive.place = static_cast<std::byte*>(where.data);
  if (where.grow) {
    try {
      receive.place = static_cast<std::byte*>(where.grow(where.owner, length, header.type));
    } catch (...) {
      receive.problem = std::current_exception();
      end(receive, outcome::failed);
      return nullptr;
    }
  }
  return receive.place;
}

}  // namespace

// Takes the receive posted first among those that match out of its queue.
inline operation* matching_engine::take_posted(std::uint32_t member, const envelope& header) {
  posted_list& by_name = sources_[member].posted;
  operation* named = by_name.front();
  while (named && !matches(named->tag, named->context, header)) named = posted_list::after(*named);
  operation* any = posted_any_.front();
  while (any && !matches(any->tag, any->context, header)) any = posted_list::after(*any);
  if (any && (!named || any->number < named->number)) {
    posted_any_.remove(*any);
    return any;
  }
  if (named) by_name.remove(*named);
  return named;
}

// Gives a receive the first unexpected message that matches, or puts it where it belongs in the
// queue: at the end, but for one whose message was lost.
void matching_engine::match(operation& receive) {
  if (arrival* message = find(receive.member, receive.tag, receive.context)) {
    if (!suits(receive, message->source, message->header, message->length)) return;
    couple(*message, receive);
    return;
  }
  auto& queue = queue_of(receive);
  operation* next = nullptr;
  for (operation* r = queue.back(); r && r->number > receive.number; r = posted_list::before(*r)) {
    next = r;
  }
  queue.insert_before(next, receive);
}

// The same for a message that no receive has: one that was given back may match a receive that was
// posted while it was taken.
void matching_engine::give(arrival& message) {
  while (operation* receive = take_posted(message.source, message.header)) {
    if (!suits(*receive, message.source, message.header, message.length)) continue;
    couple(message, *receive);
    if (receive->ended != outcome::failed) return;
  }
  enqueue(message);
}

bool matching_engine::unpost(operation& receive) {
  if (!posted_list::contains(receive)) return false;
  queue_of(receive).remove(receive);
  return true;
}

void matching_engine::give_back(operation& receive) {
  arrival* message = receive.incoming;
  if (!message) return;
  const bool goes_on = !message->offer || message->streaming;
  if (goes_on) message->storage.resize(message->length);  // what may throw comes first
  if (message->offer) message->offer->interrupt(*message);
  if (goes_on) {  // its bytes go on coming: they go to memory of ours from now on
    if (message->done) std::memcpy(message->storage.data(), message->data, message->done);
    message->data = message->storage.data();
  }
  message->receiver = nullptr;
  receive.incoming = nullptr;
  give(*message);
}

void matching_engine::undo(operation& receive) {
  const envelope header{receive.message_tag, receive.context, receive.message_type};
  arrival& message =
      create(static_cast<std::uint32_t>(receive.from), header, receive.message_bytes);
  // Whatever matches the same receives and is still here came later.
  message.number = 0;
  try {
    message.storage.resize(message.length);
  } catch (...) {
    arrivals_.give(&message);
    throw;
  }
  message.data = message.storage.data();
  if (message.length != 0) std::memcpy(message.data, receive.place, message.length);
  message.done = message.length;
  give(message);
}

arrival* matching_engine::find(std::int32_t member, std::int32_t tag, std::uint32_t context) const {
  if (member == any_member) {
    for (arrival* m = by_time_.front(); m; m = time_list::after(*m)) {
      if (matches(tag, context, m->header)) return m;
    }
  } else {
    const auto& queue = sources_[static_cast<std::uint32_t>(member)].unexpected;
    for (arrival* m = queue.front(); m; m = source_list::after(*m)) {
      if (matches(tag, context, m->header)) return m;
    }
  }
  return nullptr;
}

void matching_engine::hold(arrival& message) {
  dequeue(message);
  message.held = true;
}

bool matching_engine::receive_held(arrival& message, operation& receive) {
  receive.ended = outcome::pending;
  receive.probed = true;
  if (!message.offer && !message.data) {  // it was lost while it was held
    receive.from = static_cast<std::int32_t>(message.source);
    end(receive, outcome::lost);
    arrivals_.give(&message);
    return true;
  }
  if (!suits(receive, message.source, message.header, message.length)) return false;
  couple(message, receive);
  return receive.ended != outcome::failed;
}

void matching_engine::release_held(arrival& message) {
  message.held = false;
  if (!message.offer && !message.data) {
    arrivals_.give(&message);
    return;
  }
  give(message);
}

// First the usual case, without a call: the receive that was posted first, and names the sender,
// wants just this.
void matching_engine::deliver(std::uint32_t member, const envelope& header, const std::byte* bytes,
                              std::uint32_t length) {
  posted_list& by_name = sources_[member].posted;
  operation* const first = by_name.front();
  if (!first || !posted_any_.empty() || !matches(first->tag, first->context, header) ||
      !is_for(first->where, header.type, length)) {
    deliver_otherwise(member, header, bytes, length);
    return;
  }
  by_name.remove(*first);
  first->place = static_cast<std::byte*>(first->where.data);
  copy_small(first->place, bytes, length);
  note(*first, member, header, length);
  end(*first, outcome::done);
}

void matching_engine::deliver_otherwise(std::uint32_t member, const envelope& header,
                                        const std::byte* bytes, std::uint32_t length) {
  while (operation* receive = take_posted(member, header)) {
    if (!suits(*receive, member, header, length)) continue;
    std::byte* place = place_for(*receive, header, length);
    if (receive->ended == outcome::failed) continue;
    copy_small(place, bytes, length);
    note(*receive, member, header, length);
    end(*receive, outcome::done);
    return;
  }
  arrival& message = create(member, header, length);
  message.done = length;
  message.storage.resize(length);
  message.data = message.storage.data();
  copy_small(message.data, bytes, length);
  enqueue(message);
}

arrival& matching_engine::begin(std::uint32_t member, const envelope& header,
                                std::uint64_t length) {
  arrival& message = create(member, header, length);
  while (operation* receive = take_posted(member, header)) {
    if (!suits(*receive, member, header, length)) continue;
    std::byte* place = place_for(*receive, header, length);
    if (receive->ended == outcome::failed) continue;
    note(*receive, member, header, length);
    message.receiver = receive;
    message.data = place;
    receive->incoming = &message;
    return message;
  }
  try {
    message.storage.resize(length);
  } catch (...) {  // nobody has heard of it yet; its wire brings it again
    arrivals_.give(&message);
    throw;
  }
  message.data = message.storage.data();
  enqueue(message);
  return message;
}

void matching_engine::arrived(arrival& message) {
  if (!message.receiver) {  // unexpected, and now whole: from here on like any eager message
    message.offer = nullptr;
    message.streaming = false;
    return;
  }
  operation& receive = *message.receiver;
  arrivals_.give(&message);
  end(receive, outcome::done);
}

arrival& matching_engine::create(std::uint32_t member, const envelope& header,
                                 std::uint64_t length) {
  arrival& message = *arrivals_.take();
  message.source = member;
  message.header = header;
  message.length = length;
  message.number = ++arrivals_seen_;
  return message;
}

void matching_engine::offered(arrival& message) {
  give(message);
}

void matching_engine::lost(arrival& message) {
  if (message.held) {  // its holder finds out when it receives
    message.offer = nullptr;
    message.data = nullptr;
    return;
  }
  operation* receive = message.receiver;
  if (!receive) dequeue(message);
  arrivals_.give(&message);
  if (!receive) return;
  receive->incoming = nullptr;
  receive->cooperating = false;  // a sender that took its message back or is dead writes no more
  if (receive->probed) {
    end(*receive, outcome::lost);
  } else {
    match(*receive);
    reposted_ = true;
  }
}

void matching_engine::source_gone(std::uint32_t member) {
  per_source& source = sources_[member];
  for (arrival* m = source.unexpected.front(); m;) {
    arrival* next = source_list::after(*m);
    if (!m->whole() || m->offer) {
      dequeue(*m);
      arrivals_.give(m);
    }
    m = next;
  }
  while (operation* receive = source.posted.front()) {
    end_posted(*receive, outcome::peer_gone, static_cast<std::int32_t>(member));
  }
}

void matching_engine::end_posted(operation& receive, outcome how, std::int32_t from) {
  queue_of(receive).remove(receive);
  receive.from = from;
  end(receive, how);
}

void matching_engine::enqueue(arrival& message) {
  // Usually the newest, so the search starts at the end; a message that was given back goes to
  // where it was.
  auto& queue = sources_[message.source].unexpected;
  arrival* next_of_source = nullptr;
  for (arrival* m = queue.back(); m && m->number > message.number; m = source_list::before(*m)) {
    next_of_source = m;
  }
  queue.insert_before(next_of_source, message);
  arrival* next_in_time = nullptr;
  for (arrival* m = by_time_.back(); m && m->number > message.number; m = time_list::before(*m)) {
    next_in_time = m;
  }
  by_time_.insert_before(next_in_time, message);
}

void matching_engine::dequeue(arrival& message) {
  sources_[message.source].unexpected.remove(message);
  by_time_.remove(message);
}

// A receive takes a message of the unexpected queue, or a held one.
void matching_engine::couple(arrival& message, operation& receive) {
  std::byte* place = place_for(receive, message.header, message.length);
  if (receive.ended == outcome::failed) return;  // the message stays where it is
  dequeue(message);
  message.held = false;
  note(receive, message.source, message.header, message.length);
  if (message.offer && !message.streaming) {
    take_offer(message, receive, place);
    return;
  }
  if (message.done) std::memcpy(place, message.data, message.done);
  message.data = place;
  message.receiver = &receive;
  receive.incoming = &message;
  if (message.whole()) arrived(message);
}

void matching_engine::take_offer(arrival& message, operation& receive, std::byte* place) {
  message.data = place;
  message.done = 0;
  message.receiver = &receive;
  receive.incoming = &message;
  message.offer->fetch(message);  // the message may be received, and the reference dead, after this
}

}  // namespace cohort::runtime
