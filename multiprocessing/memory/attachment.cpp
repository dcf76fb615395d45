#include "multiprocessing/memory/attachment.hpp"

#include <cohort/detail/shared_handle.hpp>
#include <cohort/error.hpp>

#include <string>

namespace cohort::multiprocessing {

namespace {

// The attachment of this process, if it has one: all its handles share it. Under the mutex.
object_ref find_attached(participant& me, object_name which) {
  const auto found = me.attachments().find(which.index);
  if (found == me.attachments().end()) return nullptr;
  object_ref there = found->second.lock();
  return there && there->name().generation == which.generation ? there : nullptr;
}

}  // namespace

attachment::~attachment() {
  const std::lock_guard lock(owner_->attachments_mutex());
  auto& all = owner_->attachments();
  // While this one was on its way out, a handle may have come and attached the object anew: then it
  // is still held.
  const auto found = all.find(name_.index);
  if (found != all.end()) {
    if (!found->second.expired()) return;
    all.erase(found);
  }
  drop_object(*owner_, name_);
}

object_ref make_object(std::uint32_t kind, std::uint64_t bytes, const char* operation,
                       const call& where) {
  auto me = current_participant(operation, where);
  const std::lock_guard lock(me->attachments_mutex());
  const object_name name = create_object(*me, kind, bytes);
  auto made = std::make_shared<attachment>(me, name);
  me->attachments()[name.index] = made;
  return made;
}

object_name send(const attachment& object) {
  send_object(object.owner(), object.name());
  return object.name();
}

object_ref receive(object_name which, std::uint32_t kind, const char* class_name) {
  auto me = current_participant(class_name, call_site::unknown());
  const std::lock_guard lock(me->attachments_mutex());
  if (!hold_object(*me, which, kind, true)) {
    throw archive_error(
        std::string("these bytes are no handle of a ") + class_name +
            " that exists: keep a handle until the receiver has its own, and send it only to "
            "processes of this job",
        {.operation = class_name});
  }
  if (auto there = find_attached(*me, which)) return there;
  auto made = std::make_shared<attachment>(std::move(me), which);
  made->owner().attachments()[which.index] = made;
  return made;
}

}  // namespace cohort::multiprocessing

namespace cohort::detail {

handle_bytes handle_out(const multiprocessing::attachment& object) {
  const multiprocessing::object_name name = multiprocessing::send(object);
  return {name.index, name.generation};
}

std::shared_ptr<multiprocessing::attachment> handle_in(handle_bytes bytes, std::uint32_t kind,
                                                       const char* class_name) {
  return multiprocessing::receive({bytes.index, bytes.generation}, kind, class_name);
}

}  // namespace cohort::detail
