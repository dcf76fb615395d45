// What all proxies are: a hold on an object in a manager's server, and a way to call it.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/call.hpp>
#include <cohort/detail/code_place.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>
#include <cohort/serialization/packed_oarchive.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace cohort::multiprocessing {
class manager_link;
}

namespace cohort::detail {

// The object of the family behind it is the lease: while a process holds it, the server keeps what
// it stands for.
class managed_object : public shared_handle<managed_object> {
 public:
  static constexpr const char* class_name = "proxy";
  static constexpr std::uint32_t kind = signature_id("proxy");

  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    handle_bytes manager;
    if constexpr (Archive::is_saving::value) manager = manager_out();
    shared_handle::serialize(archive, version);
    archive& manager.index& manager.generation;
    if constexpr (Archive::is_loading::value) bind(manager);
  }

 protected:
  // None: to be assigned to.
  managed_object() noexcept : shared_handle(nullptr) {}
  // A lease that the server knows nothing of yet: the first call makes the object.
  managed_object(const std::shared_ptr<multiprocessing::manager_link>& link, const call& where);

  // The beginning of a request; the arguments follow.
  void begin_call(packed_oarchive& request, const code_place& method, const call& where) const;
  void begin_make(packed_oarchive& request, const code_place& maker, const call& where) const;
  // Sends the request and waits for the answer, which takes its place; returns the result in it.
  std::span<const std::byte> exchange(byte_buffer& bytes, const call& where) const;

 private:
  handle_bytes manager_out() const;
  void bind(handle_bytes manager);
  multiprocessing::manager_link& link(const call& where) const;
  void begin(packed_oarchive& request, std::uint32_t wanted, const code_place& thunk,
             const call& where) const;
};

}  // namespace cohort::detail
