// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/cuda/kernels.h"

/// How the attention of a batch is cut, and where its intermediate results lie. A function of the
/// batch's counts alone, so a captured graph stays valid.
namespace pagequest::ops::PQ_CUDA_NS {

/// Running maximum of a query head's scores (times log2 e) after a page, and the sum of the page's
/// exponentials relative to it.
struct PageSum {
  float maximum;
  float sum;
};

struct AttentionPlan {
  std::int32_t splits = 1;       // parts of a decode chunk's pages
  float* outputs = nullptr;      // (decode chunk, split, query head, head_dim)
  PageSum* totals = nullptr;     // (decode chunk, split, query head)
  PageSum* page_sums = nullptr;  // (decode chunk, query head, page of its range)
  float* log_sums = nullptr;     // (row, query head): log2 of the sum of exponentials
  std::int64_t bytes = 0;
};

[[nodiscard]] AttentionPlan plan_attention(const BatchView& batch, const KvView& kv, bool captures,
                                           int multiprocessors, std::byte* scratch);

}  // namespace pagequest::ops::PQ_CUDA_NS
