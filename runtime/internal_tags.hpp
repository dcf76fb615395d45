// The tags of the library's own messages, all on the internal context of a communicator.
#pragma once

namespace cohort::runtime::internal_tag {

inline constexpr int split_wish = 1;
inline constexpr int split_result = 2;
inline constexpr int collective = 1 << 16;  // plus the number of the call, below 2^30

}  // namespace cohort::runtime::internal_tag
