#include "multiprocessing/channel/transfer.hpp"

#include <cohort/error.hpp>

#include "runtime/names.hpp"

#include <string>

namespace cohort::multiprocessing {

namespace {

[[noreturn]] void throw_other_type(const runtime::arena& memory, const record& from,
                                   const detail::sink& to, const char* class_name,
                                   const error_context& context) {
  throw type_error("the next message in this " + std::string(class_name) +
                       " has elements of type " + runtime::name_of(memory, from.type) +
                       ", but this call takes " + to.type->name +
                       "; the message is kept: take it as what was sent",
                   context);
}

[[noreturn]] void throw_other_length(const record& from, const detail::sink& to,
                                     const char* class_name, const error_context& context) {
  throw truncation_error("the next message in this " + std::string(class_name) + " has " +
                             std::to_string(from.bytes) + " bytes, but " +
                             (to.exact ? "this call takes exactly " : "there is room for ") +
                             std::to_string(to.capacity) +
                             "; the message is kept: take it as what was sent, or into "
                             "a longer place",
                         context);
}

}  // namespace

detail::message_facts deliver(const runtime::arena& memory, const record& from,
                              const detail::sink& to, const char* class_name,
                              const error_context& context) {
  if (from.type != to.type->id && !detail::matches_anything(to.type->id) &&
      !detail::matches_anything(from.type)) [[unlikely]]
    throw_other_type(memory, from, to, class_name, context);
  void* place = to.data;
  if (to.grow)
    place = to.grow(to.owner, from.bytes, from.type);
  else if (from.bytes > to.capacity || (to.exact && from.bytes != to.capacity)) [[unlikely]]
    throw_other_length(from, to, class_name, context);
  if (from.bytes != 0) std::memcpy(place, from.data, from.bytes);
  return {.type = from.type, .bytes = from.bytes};
}

}  // namespace cohort::multiprocessing
