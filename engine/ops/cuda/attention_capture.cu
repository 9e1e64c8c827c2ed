// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Captured attention that needs the rows' final sums: a second pass over the keys for the last rows
// of prefill chunks, and for the token sets of all chunks.
#include "engine/ops/cuda/attention_common.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

/// A page, for one KV head of a chunk.
struct Target {
  const ChunkView* chunk;
  int kv_head;
  int group;
  std::int64_t plane;  // (layer, KV head)
  PageRange range;
  bool masses;  // decode chunks have theirs already
};

/// Probability of the lane's token, 0 where the row does not see it.
template <KvType kType>
__device__ inline float probability(const AttentionArgs& args, const AttentionPlan& plan,
                                    const std::byte* block, std::uint64_t visible, int slot,
                                    std::int64_t row, int head) {
  if ((visible >> slot & 1) == 0) return 0.0F;
  const int head_dim = args.kv.layout.head_dim;
  const std::int64_t query = row * args.queries.stride + std::int64_t{head} * head_dim;
  float score = 0.0F;
  for (int i = 0; i < head_dim; i += 8) {
    float key[8];
    load_key_8<kType>(args.kv.layout, block, slot, i, key);
#pragma unroll
    for (int k = 0; k < 8; ++k) score += load_element(args.queries, query + i + k) * key[k];
  }
  score *= args.scale * kLog2E * kv_scale<kType>(args.kv.layout, block, 0, slot);
  return exp2f(score - plan.log_sums[row * args.kv.query_heads + head]);
}

__device__ inline void store_sets(const AttentionArgs& args, const Target& target,
                                  std::int64_t column, float low, float high) {
  if (target.chunk->capture.tokens_above == nullptr) return;
  const std::int64_t planes = std::int64_t{args.kv.layers} * args.kv.kv_heads;
  for (int i = 0; i < args.batch.threshold_count; ++i) {
    const float threshold = args.batch.thresholds[i];
    const std::uint64_t lower = __ballot_sync(kAllLanes, low >= threshold);
    const std::uint64_t upper = __ballot_sync(kAllLanes, high >= threshold);
    if (threadIdx.x % kWarp == 0) {
      target.chunk->capture
          .tokens_above[(i * planes + target.plane) * target.chunk->listed + column] =
          upper << 32 | lower;
    }
  }
}

/// One page by one warp.
template <KvType kType>
__device__ inline void capture_page(const AttentionArgs& args, const AttentionPlan& plan,
                                    const Target& target, int page) {
  const ChunkView& chunk = *target.chunk;
  const AttendedPage entry = args.batch.pages[target.range.first + page];
  const std::int64_t column = args.batch.columns[target.range.first + page];
  const std::byte* block = kv_block(args.kv, args.layer, target.kv_head, entry.physical);
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float best_low = 0.0F;
  float best_high = 0.0F;
  float mean = 0.0F;
  float largest = 0.0F;
  for (int h = 0; h < target.group; ++h) {
    const int head = target.kv_head * target.group + h;
    float mass = 0.0F;
    for (int r = chunk.rows - chunk.capture_rows; r < chunk.rows; ++r) {
      const std::uint64_t visible = visible_tokens(entry, chunk.first_position + r, args.window);
      const std::int64_t row = chunk.first_row + r;
      const float low = probability<kType>(args, plan, block, visible, lane, row, head);
      const float high = probability<kType>(args, plan, block, visible, lane + kWarp, row, head);
      best_low = fmaxf(best_low, low);
      best_high = fmaxf(best_high, high);
      mass += low + high;
    }
    mass = warp_sum(mass) / static_cast<float>(chunk.capture_rows);
    mean += mass / static_cast<float>(target.group);
    largest = fmaxf(largest, mass);
    if (target.masses && chunk.capture.query_head_mass != nullptr && lane == 0) {
      chunk.capture.query_head_mass[(target.plane * target.group + h) * chunk.listed + column] =
          mass;
    }
  }
  if (target.masses && lane == 0) {
    chunk.capture.mean[target.plane * chunk.listed + column] = mean;
    chunk.capture.max[target.plane * chunk.listed + column] = largest;
  }
  store_sets(args, target, column, best_low, best_high);
}

/// Listed pages that other heads alone have.
__device__ inline void store_zeros(const AttentionArgs& args, const Target& target) {
  const ChunkView& chunk = *target.chunk;
  const std::int64_t planes = std::int64_t{args.kv.layers} * args.kv.kv_heads;
  if (target.range.count == chunk.listed) return;
  for (int j = static_cast<int>(threadIdx.x); j < chunk.listed; j += kAttentionThreads) {
    if (has_column(args.batch.columns, target.range, j)) continue;
    if (target.masses) {
      chunk.capture.mean[target.plane * chunk.listed + j] = 0.0F;
      chunk.capture.max[target.plane * chunk.listed + j] = 0.0F;
      for (int h = 0; h < target.group && chunk.capture.query_head_mass != nullptr; ++h) {
        chunk.capture.query_head_mass[(target.plane * target.group + h) * chunk.listed + j] = 0.0F;
      }
    }
    for (int i = 0; i < args.batch.threshold_count && chunk.capture.tokens_above != nullptr; ++i) {
      chunk.capture.tokens_above[(i * planes + target.plane) * chunk.listed + j] = 0;
    }
  }
}

__device__ inline void store_sink_share(const AttentionArgs& args, const AttentionPlan& plan,
                                        const Target& target) {
  const ChunkView& chunk = *target.chunk;
  if (!target.masses || chunk.capture.sink_share == nullptr || threadIdx.x != 0) return;
  float sum = 0.0F;
  for (int h = 0; h < target.group; ++h) {
    const int head = target.kv_head * target.group + h;
    for (int r = chunk.rows - chunk.capture_rows; r < chunk.rows; ++r) {
      const std::int64_t row = chunk.first_row + r;
      sum += exp2_below(sink_of(args, head), plan.log_sums[row * args.kv.query_heads + head]);
    }
  }
  chunk.capture.sink_share[target.plane] =
      sum / static_cast<float>(target.group * chunk.capture_rows);
}

/// Grid: (four pages, KV head, chunk).
template <KvType kType>
__global__ void __launch_bounds__(kAttentionThreads)
    capture(AttentionArgs args, AttentionPlan plan, int first_chunk) {
  wait_for_previous();
  let_next_begin();
  const int number = first_chunk + static_cast<int>(blockIdx.z);
  Target target{};
  target.chunk = &args.batch.chunks[number];
  if (target.chunk->rows == 0 || target.chunk->capture_rows == 0) return;
  target.kv_head = static_cast<int>(blockIdx.y);
  target.group = args.kv.query_heads / args.kv.kv_heads;
  target.plane = std::int64_t{args.layer} * args.kv.kv_heads + target.kv_head;
  target.range = range_of(args, number, target.kv_head);
  target.masses = number >= args.batch.decode_chunks;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int page = static_cast<int>(blockIdx.x) * kAttentionWarps + warp;
  if (page < target.range.count) capture_page<kType>(args, plan, target, page);
  if (blockIdx.x != 0) return;
  store_zeros(args, target);
  store_sink_share(args, plan, target);
}

template <KvType kType>
void launch_typed(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  const int first = args.batch.threshold_count > 0 ? 0 : args.batch.decode_chunks;
  const int chunks = args.batch.decode_chunks + args.batch.prefill_chunks - first;
  const int tiles = (args.batch.most_pages + kAttentionWarps - 1) / kAttentionWarps;
  launch(&capture<kType>,
         {.grid = dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(args.kv.kv_heads),
                       static_cast<unsigned>(chunks)),
          .block = dim3(kAttentionThreads)},
         stream, args, plan, first);
}

}  // namespace

void launch_capture(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  switch (args.kv.layout.type) {
    case KvType::f32:
      return launch_typed<KvType::f32>(args, plan, stream);
    case KvType::bf16:
      return launch_typed<KvType::bf16>(args, plan, stream);
    case KvType::int8:
      return launch_typed<KvType::int8>(args, plan, stream);
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
