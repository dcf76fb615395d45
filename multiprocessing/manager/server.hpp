// A manager's server: carries out what comes through the lanes, one request after the other.
#pragma once

#include <cohort/byte_buffer.hpp>

#include "multiprocessing/manager/layout.hpp"
#include "multiprocessing/manager/served_object.hpp"
#include "multiprocessing/memory/attachment.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace cohort::multiprocessing {

// A caller may die at any instruction: it has published a request or has not. Its answers go into
// its lane, which never makes the server wait, and end with it.
class manager_server {
 public:
  explicit manager_server(object_ref manager);

  // Until the manager is shut down.
  void run();

 private:
  class lane {
   public:
    lane(participant& me, object_ref object);
    std::uint64_t name() const { return packed(object_->name()); }
    participant_id caller() const { return shared().caller.load(std::memory_order_relaxed); }
    lane_state& shared() const { return object_->payload_as<lane_state>(); }

    ring requests;
    ring answers;

   private:
    object_ref object_;
  };

  manager_state& state() const { return manager_->payload_as<manager_state>(); }
  participant& me() const { return manager_->owner(); }
  bool has_news() const;
  void look_around();
  void match_lanes();
  void open_lane(std::uint32_t slot, std::uint64_t name);
  void end_unleased();
  bool serve_next(lane& from);
  void answer(const record& asked);
  void carry_out(packed_iarchive& request);
  const detail::callable_thunk& thunk_at(const detail::code_place& place);
  void send_answer(lane& to, std::uint32_t number);
  void pack_failure();

  object_ref manager_;
  std::string name_;
  std::map<std::uint32_t, lane> lanes_;  // by the caller's slot
  // By the name of the lease.
  std::unordered_map<std::uint64_t, served_object> objects_;
  // Those that were looked up, which takes long: by module and offset.
  std::map<std::pair<std::uint64_t, std::uint64_t>, const detail::callable_thunk*> thunks_;
  byte_buffer answer_;
  std::uint32_t changes_seen_ = 0;
  std::uint32_t ends_seen_ = 0;
};

}  // namespace cohort::multiprocessing
