// All ranks look at what each has asked for before anything is made of it: so that a mistake of one
// is an error on all of them, and nobody is left waiting.
#pragma once

#include <cohort/call.hpp>
#include <cohort/communicator.hpp>

#include <string>

namespace cohort::detail {

// Collective. `complaint` is what is wrong with the caller's arguments, empty where nothing is.
// Throws, on every rank, argument_error with that of the lowest rank that has one.
void agree(const communicator& comm, const char* name, const std::string& complaint,
           const call& where);

}  // namespace cohort::detail
