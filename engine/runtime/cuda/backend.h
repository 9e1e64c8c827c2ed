// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/namespace.h"
#include "engine/runtime/backend.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// A GPU's backends. make() throws device_error where there is none or its memory does not hold the
/// weights and the pages, and says what would.
[[nodiscard]] const BackendMaker& backend_maker();

}  // namespace pagequest::runtime::PQ_CUDA_NS
