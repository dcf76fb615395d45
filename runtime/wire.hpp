// The contract of a wire: what carries envelopes and payloads to a peer, and hands what comes to
// the matching engine. Every wire passes the conformance suite in tests/runtime (wire_*_test.cpp).
#pragma once

#include "runtime/matching.hpp"
#include "runtime/operation.hpp"

#include <concepts>
#include <cstdint>

namespace cohort::runtime {

template <class W>
concept wire = std::derived_from<W, transfer_source> &&
               requires(W w, std::uint32_t member, const envelope& header,
                        const detail::payload& what, operation& send, arrival& message) {
                 // Sends a whole message at once, in order behind all earlier ones; false, with
                 // nothing done, when it is too long for that or there is no room now. The bytes
                 // are no longer needed afterwards.
                 { w.try_send(member, header, what) } -> std::same_as<bool>;
                 // Takes a send in charge: it ends (send.ended) in a later poll(), or in this call.
                 { w.start(send) } -> std::same_as<void>;
                 // Takes a started send back: it ends as cancelled, and the receiver never gets it,
                 // or as done. Its bytes are free at once. Never blocks.
                 { w.withdraw(send) } -> std::same_as<void>;
                 // The bytes of a started send now stand elsewhere (send.what_to_send); the old
                 // place is free.
                 { w.relocated(send) } -> std::same_as<void>;

                 // Moves everything on: takes what has come, sends what was queued, copies. True if
                 // anything happened.
                 { w.poll() } -> std::same_as<bool>;
                 // The same for what comes from one member only.
                 { w.poll_from(member) } -> std::same_as<bool>;

                 // Before sleeping: peers will ring from now on. True: there is something to do,
                 // don't sleep.
                 { w.arm() } -> std::same_as<bool>;

                 // A member is dead or gone and all that it sent was polled: sends to it end as
                 // peer_gone, its half-sent messages are lost.
                 { w.peer_gone(member) } -> std::same_as<void>;
                 // No send is queued or offered.
                 { w.quiet() } -> std::same_as<bool>;
               };

}  // namespace cohort::runtime
