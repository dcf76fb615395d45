// The texts of `cohort help` and `cohortrun --help`.
#pragma once

#include <string_view>

namespace cohort::launcher {

std::string_view tool_help();
std::string_view run_help();

}  // namespace cohort::launcher
