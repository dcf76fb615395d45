#include <cohort/multiprocessing/manager.hpp>

#include <cohort/archive.hpp>
#include <cohort/error.hpp>

#include "multiprocessing/family/child.hpp"
#include "multiprocessing/manager/link.hpp"
#include "multiprocessing/manager/server.hpp"
#include "multiprocessing/process/access.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace cohort {

using multiprocessing::manager_link;
using multiprocessing::manager_state;
using multiprocessing::object_name;

namespace {

using std::chrono::seconds;

struct serve {
  void operator()(std::uint32_t index, std::uint32_t generation) const {
    multiprocessing::manager_server server(multiprocessing::receive(
        {index, generation}, manager_state::kind, manager_state::class_name));
    server.run();
  }
};

class server_process final : public process {
 public:
  // Of an object that this process holds at least until the server has ended, so that the name is
  // enough.
  explicit server_process(object_name state) : state_(state) {}

 private:
  std::string class_name() const override { return manager_state::class_name; }
  void encode_work(packed_oarchive& archive) const override {
    detail::encode_callable<void, std::uint32_t, std::uint32_t>(archive, serve{});
    detail::encode_arguments(archive, state_.index, state_.generation);
  }

  object_name state_;
};

}  // namespace

manager::manager(call where) {
  auto object = multiprocessing::make_object(manager_state::kind, sizeof(manager_state),
                                             manager_state::class_name, where);
  auto& state = object->payload_as<manager_state>();
  auto server = std::make_unique<server_process>(object->name());
  server->set_daemon(true);
  std::strncpy(state.name, server->name().c_str(), sizeof state.name - 1);
  server->start(where);
  state.pid.store(server->pid(), std::memory_order_relaxed);
  state.server.store(process_access::running(*server).facts().place, std::memory_order_release);
  link_ = manager_link::of(object);
  server_ = std::move(server);
}

manager::manager(manager&&) noexcept = default;

manager& manager::operator=(manager&& other) noexcept {
  manager ended(std::move(*this));
  server_ = std::move(other.server_);
  link_ = std::move(other.link_);
  return *this;
}

manager::~manager() {
  try {
    shutdown();
  } catch (...) {
    // In a fork()ed child of its owner, which can't end it; or it can't be told to end: it ends
    // with its owner.
  }
}

const std::shared_ptr<manager_link>& manager::link(const char* operation, const call& where) const {
  if (!link_) {
    throw usage_error("the manager was moved from", {.operation = operation, .site = where.site});
  }
  return link_;
}

managed_namespace manager::make_namespace(call where) const {
  return managed_namespace(make_at<detail::namespace_functions::attributes>(where));
}

void manager::shutdown(call where) {
  if (!server_ || !server_->is_alive()) return;
  link_->stop();
  const call until(where.site, where.limit.never() ? within(seconds(1)) : where.limit);
  if (server_->join(until)) return;
  server_->terminate(where);
  if (server_->join(call(where.site, within(seconds(1))))) return;
  server_->kill(where);
  server_->join(call(where.site));
}

int manager::pid() const {
  return link("pid", call_site::unknown())->state().pid.load(std::memory_order_relaxed);
}

std::string manager::name() const {
  return link("name", call_site::unknown())->state().name;
}

}  // namespace cohort
