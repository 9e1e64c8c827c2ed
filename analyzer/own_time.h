// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "traces/kernel_times.h"

namespace pagequest::analyzer {

/// Of each run, in their order, the part of its duration in which no earlier run of its stream was
/// still at work, ns. A kernel may begin before the one that it waits for has ended (programmatic
/// dependent launch): counted whole, such times would be more than there was. Together the own
/// times of a stream are the time in which it was at work. A run of an unknown stream keeps its
/// duration; a negative duration counts as none.
[[nodiscard]] std::vector<std::int64_t> own_times_ns(std::span<const traces::KernelRun> runs);

}  // namespace pagequest::analyzer
