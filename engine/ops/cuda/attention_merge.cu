// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Joins the parts of decode rows: outputs, and the captured attention from the pairs that the parts
// left for each page. A page's mass is sum * 2^(maximum - M) / L with the row's final M and L, so
// nothing has to be visited twice.
#include "engine/ops/cuda/attention_common.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

struct Merge {
  int chunk;
  int kv_head;
  int group;
  int first_head;
  PageSum* totals;  // (head of the group): final; shared memory
};

__device__ inline PageSum final_total(const AttentionArgs& args, const AttentionPlan& plan,
                                      const Merge& merge, int head) {
  const float sink = sink_of(args, head);
  const PageSum* parts =
      plan.totals + std::int64_t{merge.chunk} * plan.splits * args.kv.query_heads + head;
  float maximum = sink;
  for (int s = 0; s < plan.splits; ++s) {
    maximum = fmaxf(maximum, parts[s * args.kv.query_heads].maximum);
  }
  float sum = exp2_below(sink, maximum);
  for (int s = 0; s < plan.splits; ++s) {
    const PageSum part = parts[s * args.kv.query_heads];
    sum += part.sum * exp2_below(part.maximum, maximum);
  }
  return {maximum, sum};
}

__device__ inline void merge_outputs(const AttentionArgs& args, const AttentionPlan& plan,
                                     const Merge& merge, std::int64_t row) {
  const int head_dim = args.kv.layout.head_dim;
  for (int i = static_cast<int>(threadIdx.x); i < merge.group * head_dim; i += kAttentionThreads) {
    const int head = merge.first_head + i / head_dim;
    const PageSum total = merge.totals[i / head_dim];
    float output = 0.0F;
    for (int s = 0; s < plan.splits; ++s) {
      const std::int64_t part =
          (std::int64_t{merge.chunk} * plan.splits + s) * args.kv.query_heads + head;
      const float weight = exp2_below(plan.totals[part].maximum, total.maximum);
      if (weight > 0.0F) output += weight * plan.outputs[part * head_dim + i % head_dim];
    }
    store_element(args.out, row * args.out.stride + std::int64_t{merge.first_head} * head_dim + i,
                  output / total.sum);
  }
}

__device__ inline float mass_of(const AttentionArgs& args, const AttentionPlan& plan,
                                const Merge& merge, int h, int page) {
  const std::int64_t head = std::int64_t{merge.chunk} * args.kv.query_heads + merge.first_head + h;
  const PageSum pair = plan.page_sums[head * args.batch.most_pages + page];
  const PageSum total = merge.totals[h];
  return pair.sum * exp2_below(pair.maximum, total.maximum) / total.sum;
}

__device__ inline void store_masses(const AttentionArgs& args, const AttentionPlan& plan,
                                    const Merge& merge, const ChunkView& chunk) {
  const PageRange range = range_of(args, merge.chunk, merge.kv_head);
  const std::int64_t listed = chunk.listed;
  const std::int64_t plane = std::int64_t{args.layer} * args.kv.kv_heads + merge.kv_head;
  for (int page = static_cast<int>(threadIdx.x); page < range.count; page += kAttentionThreads) {
    const std::int64_t column = args.batch.columns[range.first + page];
    float sum = 0.0F;
    float largest = 0.0F;
    for (int h = 0; h < merge.group; ++h) {
      const float mass = mass_of(args, plan, merge, h, page);
      sum += mass;
      largest = fmaxf(largest, mass);
      if (chunk.capture.query_head_mass != nullptr) {
        chunk.capture.query_head_mass[(plane * merge.group + h) * listed + column] = mass;
      }
    }
    chunk.capture.mean[plane * listed + column] = sum / static_cast<float>(merge.group);
    chunk.capture.max[plane * listed + column] = largest;
  }
}

/// Listed pages that other heads alone have.
__device__ inline void store_zeros(const AttentionArgs& args, const Merge& merge,
                                   const ChunkView& chunk) {
  const PageRange range = range_of(args, merge.chunk, merge.kv_head);
  const std::int64_t listed = chunk.listed;
  const std::int64_t plane = std::int64_t{args.layer} * args.kv.kv_heads + merge.kv_head;
  if (range.count == chunk.listed) return;
  for (int j = static_cast<int>(threadIdx.x); j < chunk.listed; j += kAttentionThreads) {
    if (has_column(args.batch.columns, range, j)) continue;
    chunk.capture.mean[plane * listed + j] = 0.0F;
    chunk.capture.max[plane * listed + j] = 0.0F;
    for (int h = 0; h < merge.group && chunk.capture.query_head_mass != nullptr; ++h) {
      chunk.capture.query_head_mass[(plane * merge.group + h) * listed + j] = 0.0F;
    }
  }
}

__device__ inline void store_sink_share(const AttentionArgs& args, const Merge& merge,
                                        const ChunkView& chunk) {
  if (chunk.capture.sink_share == nullptr || threadIdx.x != 0) return;
  float sum = 0.0F;
  for (int h = 0; h < merge.group; ++h) {
    const PageSum total = merge.totals[h];
    sum += exp2_below(sink_of(args, merge.first_head + h), total.maximum) / total.sum;
  }
  chunk.capture.sink_share[args.layer * args.kv.kv_heads + merge.kv_head] =
      sum / static_cast<float>(merge.group);
}

/// Grid: (KV head, decode chunk).
__global__ void __launch_bounds__(kAttentionThreads) merge(AttentionArgs args, AttentionPlan plan) {
  wait_for_previous();
  let_next_begin();
  Merge merge{};
  merge.chunk = static_cast<int>(blockIdx.y);
  const ChunkView& chunk = args.batch.chunks[merge.chunk];
  if (chunk.rows == 0) return;
  merge.kv_head = static_cast<int>(blockIdx.x);
  merge.group = args.kv.query_heads / args.kv.kv_heads;
  merge.first_head = merge.kv_head * merge.group;
  merge.totals = reinterpret_cast<PageSum*>(shared_memory());
  for (int h = static_cast<int>(threadIdx.x); h < merge.group; h += kAttentionThreads) {
    merge.totals[h] = final_total(args, plan, merge, merge.first_head + h);
    if (args.captures) {
      plan.log_sums[std::int64_t{chunk.first_row} * args.kv.query_heads + merge.first_head + h] =
          merge.totals[h].maximum + log2f(merge.totals[h].sum);
    }
  }
  __syncthreads();
  merge_outputs(args, plan, merge, chunk.first_row);
  if (!args.captures || chunk.capture_rows == 0) return;
  store_masses(args, plan, merge, chunk);
  store_zeros(args, merge, chunk);
  store_sink_share(args, merge, chunk);
}

}  // namespace

void launch_merge(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  const int group = args.kv.query_heads / args.kv.kv_heads;
  launch(&merge,
         {.grid = dim3(static_cast<unsigned>(args.kv.kv_heads),
                       static_cast<unsigned>(args.batch.decode_chunks)),
          .block = dim3(kAttentionThreads),
          .shared_bytes = group * static_cast<int>(sizeof(PageSum))},
         stream, args, plan);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
