// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "traces/header.h"

namespace pagequest::simulator {

/// Steps by which a budget policy's decisions took effect late when the trace was recorded: what
/// `policy_lag` of the recorded configuration says, 0 where it says nothing. Throws input_error if
/// that is not a number of steps.
[[nodiscard]] std::int32_t recorded_lag_steps(const traces::Header& header);

}  // namespace pagequest::simulator
