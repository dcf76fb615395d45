// The named ranks, tags and colours.
#pragma once

namespace cohort {

// Matches a message from any rank of the communicator.
inline constexpr int any_source = -2;
// Matches a message with any tag.
inline constexpr int any_tag = -1;
// The rank that is nobody: sends to it vanish, receives from it complete at once with nothing, as
// at the edge of a grid that does not wrap round.
inline constexpr int null_rank = -3;
// The colour with which split() leaves a rank out.
inline constexpr int undefined = -4;
// The largest tag.
inline constexpr int max_tag = 0x7fffffff;

}  // namespace cohort
