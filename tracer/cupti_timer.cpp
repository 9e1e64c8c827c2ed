// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/cupti_timer.h"

#include "tracer/cupti_session.h"

namespace pagequest::tracer {

std::unique_ptr<KernelTimer> make_cupti_timer() {
  return std::make_unique<CuptiSession>(load_cupti());
}

}  // namespace pagequest::tracer
