// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "engine/ops/cuda/attention_mma.cuh"

namespace pagequest::ops::PQ_CUDA_NS {

void attention(const AttentionArgs& args, int multiprocessors, const Stream& stream) {
  PQ_CHECK(args.kv.layout.head_dim <= kMostHeadDim, "a lane holds so much of a head");
  const AttentionPlan plan =
      plan_attention(args.batch, args.kv, args.captures, multiprocessors, args.scratch);
  if (fits_tensor_cores(args)) {
    launch_prefill_mma(args, plan, stream);
    launch_decode_mma(args, plan, stream);
  } else {
    launch_prefill_attention(args, plan, stream);
    launch_decode_attention(args, plan, stream);
  }
  launch_merge(args, plan, stream);
  if (args.captures) launch_capture(args, plan, stream);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
