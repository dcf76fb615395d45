// What the tool tells about collective operations: `cohort explain`, which acts an algorithm out,
// and `cohort info --collectives`, which lists them all.
#pragma once

#include <span>
#include <string>

namespace cohort::launcher {

// What is to be printed for the words after `cohort explain`. Writes the file of --svg. Throws
// usage_problem.
std::string explain(std::span<const std::string> words);

// Every operation with its algorithms and when each is chosen.
std::string collectives_text();

}  // namespace cohort::launcher
