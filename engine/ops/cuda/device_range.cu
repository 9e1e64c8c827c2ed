// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/range.h"

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define PQ_NVTX
#endif

namespace pagequest::ops::PQ_CUDA_NS {

#if defined(PQ_NVTX)
Range::Range(const char* name) { nvtxRangePushA(name); }
Range::~Range() { nvtxRangePop(); }
#else
Range::Range(const char* /*name*/) {}
Range::~Range() {}
#endif

}  // namespace pagequest::ops::PQ_CUDA_NS
