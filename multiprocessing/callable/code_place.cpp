// Places in modules, and functions as bytes.
#include <cohort/detail/code_place.hpp>
#include <cohort/error.hpp>
#include <cohort/serialization/codec.hpp>

#include "multiprocessing/callable/keyed_hash.hpp"
#include "multiprocessing/callable/module.hpp"
#include "multiprocessing/family/participant.hpp"

#include <string>

namespace cohort::detail {

namespace {

// What stands in the archive.
struct function_words {
  code_place place;
  std::uint64_t extra;
  std::uint64_t hash;
};

// Of a number that is no place.
constexpr std::uint64_t no_module = 0;

std::uint64_t hash_of(const function_words& words) {
  const auto me = multiprocessing::current_participant("function", call(call_site::unknown()));
  return multiprocessing::keyed_hash(me->memory()->header().cookie,
                                     {words.place.module, words.place.offset, words.extra});
}

void write(packed_oarchive& archive, function_words words) {
  words.hash = hash_of(words);
  archive.save_binary(&words, sizeof words);
}

}  // namespace

code_place place_of(const void* address) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  const auto found = multiprocessing::module_of(number);
  if (!found) {
    throw callable_error(
        "the function is in no module of this process: code that was made at run time can't be "
        "sent",
        {.operation = "pack"});
  }
  return {found->build, number - found->base};
}

void encode_function(packed_oarchive& archive, std::uintptr_t function, std::uint64_t extra) {
  if (function == 0) {
    throw argument_error("the pointer to a function that is to be sent is null",
                         {.operation = "pack"});
  }
  write(archive, {place_of(reinterpret_cast<const void*>(function)), extra, 0});
}

void encode_function_number(packed_oarchive& archive, std::uint64_t number, std::uint64_t extra) {
  write(archive, {{no_module, number}, extra, 0});
}

decoded_function decode_function(packed_iarchive& archive) {
  function_words words{};
  archive.load_binary(&words, sizeof words, "a function");
  if (words.hash != hash_of(words)) {
    throw_malformed("a function is named that no process of this job has sent");
  }
  if (words.place.module == no_module) return {words.place.offset, words.extra};
  const auto home = multiprocessing::module_of_build(words.place.module);
  if (!home) {
    throw callable_error("the function is in a module of build-id " +
                             multiprocessing::build_text(words.place.module) +
                             ", which this process has not loaded; load the library before it is "
                             "needed, in main before the environment is made",
                         {.operation = "unpack"});
  }
  const std::uintptr_t function = home->base + words.place.offset;
  if (!multiprocessing::is_code(function)) {
    throw_malformed("a function is named where " + home->name() + " has no code");
  }
  return {function, words.extra};
}

}  // namespace cohort::detail
