#include <cohort/multiprocessing/detail/managed_object.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/manager/link.hpp"

namespace cohort::detail {

using multiprocessing::manager_link;
using multiprocessing::manager_state;
using multiprocessing::request_head;

namespace {

// What a process keeps with a lease. It ends after the process has let go of it: then the server
// may find that nobody has one any more.
class lease {
 public:
  explicit lease(std::shared_ptr<manager_link> link) : link_(std::move(link)) {}
  ~lease() { link_->lease_dropped(); }
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;

  manager_link& link() const { return *link_; }

 private:
  std::shared_ptr<manager_link> link_;
};

void attach(const multiprocessing::object_ref& object, std::shared_ptr<manager_link> link) {
  auto made = std::make_shared<lease>(std::move(link));
  const std::lock_guard lock(object->owner().attachments_mutex());
  if (!object->companion()) object->companion() = std::move(made);
}

}  // namespace

managed_object::managed_object(const std::shared_ptr<manager_link>& link, const call& where)
    : shared_handle(multiprocessing::make_object(kind, 0, class_name, where)) {
  attach(object_, link);
}

manager_link& managed_object::link(const call& where) const {
  if (!object_ || !object_->companion()) {
    throw usage_error("the proxy stands for no object; assign one to it that a manager has made",
                      {.operation = "call", .site = where.site});
  }
  return static_cast<const lease*>(object_->companion().get())->link();
}

void managed_object::begin(packed_oarchive& request, std::uint32_t wanted, const code_place& thunk,
                           const call& where) const {
  link(where);
  const request_head head{static_cast<request_head::action>(wanted), object_->name(), 0, thunk};
  request.save_binary(&head, sizeof head);
}

void managed_object::begin_call(packed_oarchive& request, const code_place& method,
                                const call& where) const {
  begin(request, static_cast<std::uint32_t>(request_head::action::call), method, where);
}

void managed_object::begin_make(packed_oarchive& request, const code_place& maker,
                                const call& where) const {
  begin(request, static_cast<std::uint32_t>(request_head::action::make), maker, where);
}

std::span<const std::byte> managed_object::exchange(byte_buffer& bytes, const call& where) const {
  return link(where).exchange(bytes, where);
}

handle_bytes managed_object::manager_out() const {
  return handle_out(*link(call(call_site::unknown())).manager());
}

void managed_object::bind(handle_bytes manager) {
  attach(object_,
         manager_link::of(handle_in(manager, manager_state::kind, manager_state::class_name)));
}

}  // namespace cohort::detail
