// The wire within a host: a ring per ordered pair in the arena, made on first use, and copies
// straight between the processes for long messages.
#pragma once

#include "runtime/arena.hpp"
#include "runtime/heap.hpp"
#include "runtime/matching.hpp"
#include "runtime/offer.hpp"
#include "runtime/settings.hpp"
#include "runtime/shm_channel.hpp"
#include "runtime/wire.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

namespace cohort::runtime {

class shm_wire final : public transfer_source {
 public:
  shm_wire(std::shared_ptr<arena> memory, std::uint32_t self, const settings& chosen,
           matching_engine& engine);

  bool try_send(std::uint32_t member, const envelope& header, const detail::payload& what);
  void start(operation& send);
  void withdraw(operation& send) { take_back(send, outcome::cancelled); }
  void relocated(operation& send);
  bool poll();
  bool poll_from(std::uint32_t member);
  bool arm();
  void peer_gone(std::uint32_t member);
  bool quiet() const { return offers_.empty() && stalled_.empty(); }
  // Something goes on only while poll() is called. False for certain, true perhaps.
  bool unfinished() const { return unfinished_; }
  // Ends the sender's copying into a receive that is `cooperating`, at once: from here on only we
  // write there. Waits for the piece that the sender is at, and for nothing else.
  void part(arrival& message) noexcept;

  void fetch(arrival& message) override;
  void interrupt(arrival& message) override;
  bool stands(const arrival& message) const override;

  // The shortest way of a short message: if the next line from `member` is, or names, a whole
  // message that matches and suits, copies it out. The caller knows that no other receive could
  // want it.
  enum class glance : std::uint8_t {
    received,
    nothing,    // no line has come
    something,  // one has come that goes the long way
  };
  glance try_receive(std::uint32_t member, std::uint32_t context, std::int32_t tag,
                     const detail::sink& where, detail::message_facts& facts);
  // This member's part of the arena.
  heap& own_heap() { return heap_; }

  // Where the sender of an offered message stood; nothing is known of others.
  const offer& offer_of(const arrival& message) const {
    return *memory_->at<offer>(message.descriptor);
  }

 private:
  struct open_offer {
    operation* send;  // nullptr: taken back or received; only the receiver's last word is missing
    std::uint32_t member;
  };

  // Rings: shm_wire.cpp
  shm_channel& channel(std::uint32_t member) {
    if (!channels_[member]) [[unlikely]]
      open(member);
    return *channels_[member];
  }
  void open(std::uint32_t member);
  bool ready_to_send(shm_channel& c);
  bool room(shm_channel& c, std::uint32_t slots);
  void grow(shm_channel& c);
  bool send_blocks(shm_channel& c, const envelope& header, const detail::payload& what);
  std::byte* free_block(shm_channel& c, std::uint32_t bytes);
  std::byte* block_room(shm_channel& c, std::uint32_t bytes);
  template <class Body>
  void publish(shm_channel& c, form what, const envelope& header, const Body& body);
  void ring_bell(shm_channel& c);
  bool has_news(shm_channel& c);
  bool drain(shm_channel& c);
  void take(shm_channel& c, const slot& s, std::uint64_t head);
  void take_block(shm_channel& c, form what, const envelope& header, const block_body& body);
  void take_offer(shm_channel& c, const envelope& header, const rendezvous_body& body);
  void report(shm_channel& c);
  void demote_idle();
  bool fence_everywhere();
  std::uint64_t members_of(std::uint32_t word) const {
    return word + 1 == attention_words_ ? last_members_ : ~std::uint64_t{0};
  }
  [[noreturn]] void damaged(const shm_channel& c, const char* what) const;

  // What waits for room: shm_queue.cpp
  void set_aside(shm_channel& c);
  void send_control(shm_channel& c, form what, control_body body) noexcept;
  bool send_queued(shm_channel& c, operation& send);
  void stall(shm_channel& c);
  bool flush();
  bool flush(shm_channel& c);
  bool flush_streams(shm_channel& c);

  // Long messages, the sender's side: shm_offer.cpp
  void make_offer(shm_channel& c, operation& send);
  void close_offer(std::uint64_t descriptor);
  void take_back(operation& send, outcome how);
  void forget_stream(const operation& send);
  open_offer* offer_to(const shm_channel& c, std::uint64_t descriptor);
  void on_finished(shm_channel& c, std::uint64_t descriptor);
  void on_stream(shm_channel& c, std::uint64_t descriptor);
  void on_help(shm_channel& c, std::uint64_t descriptor);
  bool may_write(shm_channel& c);
  bool help(std::uint64_t descriptor);

  // Long messages, the receiver's side: shm_fetch.cpp
  bool shows_cookie(std::uint32_t member) const;
  bool may_read(shm_channel& c);
  void ask_for_stream(arrival& message);
  void take_chunk(shm_channel& c, const chunk_body& body);
  void on_withdrawn(shm_channel& c, std::uint64_t descriptor);
  bool move_copies();
  bool copy_alone(arrival& message);
  bool copy_together(arrival& message);
  bool settle(arrival& message);
  void begin_again(arrival& message, std::uint32_t ticket);
  std::int32_t pid_of(std::uint32_t member) const {
    return memory_->member(member).pid.load(std::memory_order_relaxed);
  }
  void lose(arrival& message);

  std::shared_ptr<arena> memory_;
  std::uint32_t self_;
  std::uint64_t self_bit_;
  bool fences_;
  settings chosen_;
  matching_engine& engine_;
  heap heap_;
  std::vector<std::unique_ptr<shm_channel>> channels_;
  shared_u64* attention_;
  std::uint32_t attention_words_;
  std::uint64_t last_members_;  // the bits of the last word that stand for members
  // Set where something is put into one of the next four, which is for poll() to get on with.
  bool unfinished_ = false;

  std::vector<shm_channel*> stalled_;
  std::unordered_map<std::uint64_t, open_offer> offers_;  // ours, by descriptor
  std::vector<std::uint64_t> helping_;  // of those, the ones that we copy together with a receiver
  // Others', by descriptor; nullptr: lost already. A peer's word names a message by its offer,
  // never by an address of ours.
  std::unordered_map<std::uint64_t, arrival*> incoming_;
  intrusive_list<arrival, &arrival::transfer> copies_;  // of those, the ones being copied by us
};

template <class Body>
void shm_wire::publish(shm_channel& c, form what, const envelope& header, const Body& body) {
  static_assert(sizeof(Body) <= inline_bytes);
  slot& s = c.out.next();
  s.context_form = header.context | static_cast<std::uint32_t>(what) << 24;
  s.type = header.type;
  std::memcpy(s.body, &body, sizeof body);
  c.out.publish(header.tag);
  ring_bell(c);
}

static_assert(wire<shm_wire>);

}  // namespace cohort::runtime
