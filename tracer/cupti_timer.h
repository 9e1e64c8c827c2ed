// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tracer/kernel_timer.h"

namespace pagequest::tracer {

/// Times every kernel, copy and fill on the GPU by CUPTI's activity records, which libcupti, loaded
/// here, collects beside the work. One timer at a time. Throws device_error that says why not:
/// CUPTI is not built in, not found, refused by the driver, or taken by another profiler.
[[nodiscard]] std::unique_ptr<KernelTimer> make_cupti_timer();

}  // namespace pagequest::tracer
