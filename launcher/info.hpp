// `cohort info`: what this build is and what this machine allows.
#pragma once

#include <string>

namespace cohort::launcher {

std::string info_text();

}  // namespace cohort::launcher
