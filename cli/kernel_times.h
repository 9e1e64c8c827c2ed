// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "engine/runtime/engine.h"
#include "tracer/kernel_timer.h"
#include "traces/header.h"

namespace pagequest::model {
class Model;
}

namespace pagequest::cli {

/// Whether and how a recording times kernels.
struct KernelTimesConfig {
  std::string clock = "off";  // or auto, cupti, events, host
  bool ceilings = false;      // measure what the processor can do at most
};

/// Throws usage_error on an unknown clock, one that the device lacks, ceilings that nothing can be
/// held against, or times of an engine that selects what it reads. `engine` is as the policy wants
/// it.
void require_kernel_times(const KernelTimesConfig& config, const runtime::EngineConfig& engine);

/// None if no kernels are timed. `engine` must have been resolved. Throws as make_kernel_timer().
[[nodiscard]] std::optional<tracer::ChosenTimer> make_timer(const KernelTimesConfig& config,
                                                            const runtime::EngineConfig& engine);

/// What the header says of them. Measuring ceilings takes less than a second.
[[nodiscard]] traces::KernelTiming timing_of(const KernelTimesConfig& config,
                                             const tracer::KernelTimer& timer,
                                             const runtime::EngineConfig& engine,
                                             const model::Model& model);

}  // namespace pagequest::cli
