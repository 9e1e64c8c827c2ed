// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/namespace.h"

namespace pagequest::ops::PQ_CUDA_NS {

/// A named range in the time line of NVIDIA's profilers, for as long as it lives; ranges nest.
/// Nothing where the build lacks NVTX.
class Range {
 public:
  explicit Range(const char* name);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
};

}  // namespace pagequest::ops::PQ_CUDA_NS
