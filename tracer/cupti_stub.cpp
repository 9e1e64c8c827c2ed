// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "tracer/cupti_timer.h"

namespace pagequest::tracer {

std::unique_ptr<KernelTimer> make_cupti_timer() {
  throw device_error({.what = "CUPTI is not built in",
                      .where = {},
                      .found = "a build that found no cupti.h",
                      .expected = "one with the CUDA toolkit and its CUPTI",
                      .hint = {}});
}

}  // namespace pagequest::tracer
