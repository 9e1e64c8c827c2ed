// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/runtime/engine.h"

namespace pagequest::bench {

/// What a measured second is. `cpu`: of the calling thread on its processor, so that other programs
/// on a shared machine take nothing of it but caches and memory bandwidth. Only an engine of one
/// thread on the processor computes on the calling thread alone.
enum class RunClock : std::uint8_t { wall, cpu };

[[nodiscard]] std::string_view to_string(RunClock clock);
/// Throws usage_error that lists the valid names.
[[nodiscard]] RunClock run_clock_named(std::string_view name);

/// Throws usage_error where the clock would miss a part of what the engine computes. `config` must
/// have been resolved.
void check_clock(RunClock clock, const runtime::EngineConfig& config);

/// Seconds since a moment that stays the same.
[[nodiscard]] double now_s(RunClock clock);

}  // namespace pagequest::bench
