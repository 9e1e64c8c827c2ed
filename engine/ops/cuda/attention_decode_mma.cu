// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Decode attention on tensor cores. The query heads of a KV head are the rows of A, so keys and
// values are read once for all of them. Each warp takes every fourth page of the block's part and
// keeps its own strips in flight, so warps wait for nothing but memory until they are merged.
#include "engine/ops/cuda/attention_mma.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

/// Strips of a warp under way or in use: with 8 KiB each (head_dim 128) and two blocks on a
/// multiprocessor, 128 KiB are in flight.
constexpr int kStages = 3;

template <int kHeadDim>
constexpr int kStripElements = kStrip* kHeadDim;

/// What a warp reads, strip by strip.
struct Walk {
  const AttendedPage* pages;  // of the range
  int first;                  // page of strip 0
  int count;                  // strips
  int strips_of_page;
  std::int32_t position;
  std::int32_t window;

  __device__ int page_of(int strip) const {
    return first + strip / strips_of_page * kAttentionWarps;
  }
  /// Tokens of the strip that are seen.
  __device__ unsigned visible(const AttendedPage& page, int strip) const {
    const std::uint64_t tokens = visible_tokens(page, position, window);
    return static_cast<unsigned>(tokens >> (strip % strips_of_page * kStrip)) & 0xffffU;
  }
};

struct Part {
  int chunk;
  int kv_head;
  int first_head;
  int group;
  Walk walk;
};

/// Keys, then values, of the stages of the warp.
template <int kHeadDim>
__device__ inline std::uint16_t* stage_of(std::uint16_t* warp_stages, int strip) {
  return warp_stages + strip % kStages * 2 * kStripElements<kHeadDim>;
}

/// Begins the copies of a strip; an empty group behind the last one.
template <int kHeadDim>
__device__ inline void fetch(const AttentionArgs& args, const Part& part,
                             std::uint16_t* warp_stages, int strip) {
  if (strip < part.walk.count) {
    const AttendedPage page = part.walk.pages[part.walk.page_of(strip)];
    const unsigned visible = part.walk.visible(page, strip);
    const std::byte* block = kv_block(args.kv, args.layer, part.kv_head, page.physical) +
                             strip % part.walk.strips_of_page * kStripElements<kHeadDim> * 2;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    std::uint16_t* stage = stage_of<kHeadDim>(warp_stages, strip);
    copy_strip<kHeadDim, kWarp>(stage, block, visible, lane);
    copy_strip<kHeadDim, kWarp>(stage + kStripElements<kHeadDim>,
                                block + args.kv.layout.values_offset(), visible, lane);
  }
  copy_async_commit();
}

/// Scores to weights relative to the running maximum; the strip's sums of the two rows.
template <int kHeadDim>
__device__ inline void weigh(RunningRows<kHeadDim>& running, float (&scores)[2][4],
                             unsigned visible, float scale, float (&shrink)[2], float (&sums)[2]) {
  const int column = static_cast<int>(threadIdx.x) % 4 * 2;
  float maxima[2] = {kNoScore, kNoScore};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const bool seen = (visible >> (half * 8 + column + i % 2) & 1U) != 0;
      scores[half][i] = seen ? scores[half][i] * scale : kNoScore;
      maxima[i / 2] = fmaxf(maxima[i / 2], scores[half][i]);
    }
  }
  maxima[0] = row_max(maxima[0]);
  maxima[1] = row_max(maxima[1]);
  raise(running, maxima, shrink);
  sums[0] = sums[1] = 0.0F;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      scores[half][i] = exp2_below(scores[half][i], running.maximum[i / 2]);
      sums[i / 2] += scores[half][i];
    }
  }
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    sums[row] = row_sum(sums[row]);
    running.sum[row] += sums[row];
  }
}

template <int kHeadDim>
__device__ inline void store_page_sums(const AttentionArgs& args, const AttentionPlan& plan,
                                       const Part& part, int page,
                                       const RunningRows<kHeadDim>& running,
                                       const float (&sums)[2]) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  if (lane % 4 != 0) return;
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    const int h = lane / 4 + row * 8;
    if (h >= part.group) continue;
    const std::int64_t head = std::int64_t{part.chunk} * args.kv.query_heads + part.first_head + h;
    plan.page_sums[head * args.batch.most_pages + page] = {running.maximum[row], sums[row]};
  }
}

template <int kHeadDim, bool kPageSums>
__device__ inline void run_strips(const AttentionArgs& args, const AttentionPlan& plan,
                                  const Part& part, const Queries<kHeadDim>& queries,
                                  std::uint16_t* warp_stages, RunningRows<kHeadDim>& running) {
  const float scale = args.scale * kLog2E;
#pragma unroll
  for (int strip = 0; strip < kStages - 1; ++strip) {
    fetch<kHeadDim>(args, part, warp_stages, strip);
  }
  float page_sums[2] = {0.0F, 0.0F};
  for (int strip = 0; strip < part.walk.count; ++strip) {
    fetch<kHeadDim>(args, part, warp_stages, strip + kStages - 1);
    copy_async_wait<kStages - 1>();
    __syncwarp();
    const int page = part.walk.page_of(strip);
    const unsigned visible = part.walk.visible(part.walk.pages[page], strip);
    std::uint16_t* stage = stage_of<kHeadDim>(warp_stages, strip);
    if (kPageSums && strip % part.walk.strips_of_page == 0) page_sums[0] = page_sums[1] = 0.0F;
    if (visible != 0) {
      float scores[2][4];
      float shrink[2];
      float sums[2];
      score_strip<kHeadDim>(queries, stage, scores);
      weigh(running, scores, visible, scale, shrink, sums);
      add_strip<kHeadDim>(scores, stage + kStripElements<kHeadDim>, running.outputs);
      page_sums[0] = page_sums[0] * shrink[0] + sums[0];
      page_sums[1] = page_sums[1] * shrink[1] + sums[1];
    }
    if (kPageSums && (strip + 1) % part.walk.strips_of_page == 0) {
      store_page_sums(args, plan, part, page, running, page_sums);
    }
    __syncwarp();  // the stage is overwritten in the next round
  }
  copy_async_wait<0>();
}

/// What the warps found, in the memory of the stages: sums, then outputs (warp, head, head_dim).
struct WarpParts {
  PageSum* totals;  // (warp, vector)
  float* outputs;
};

template <int kHeadDim>
__device__ inline void publish(const RunningRows<kHeadDim>& running, const Part& part,
                               const WarpParts& parts) {
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    const int h = lane / 4 + row * 8;
    if (h >= part.group) continue;
    const int vector = warp * kVectors + h;
    if (lane % 4 == 0) parts.totals[vector] = {running.maximum[row], running.sum[row]};
#pragma unroll
    for (int column = 0; column < kHeadDim / 8; ++column) {
      float* to = parts.outputs + vector * kHeadDim + column * 8 + lane % 4 * 2;
      to[0] = running.outputs[column][2 * row];
      to[1] = running.outputs[column][2 * row + 1];
    }
  }
}

template <int kHeadDim>
__device__ inline void store_part(const AttentionArgs& args, const AttentionPlan& plan,
                                  const Part& part, int split, const WarpParts& parts) {
  for (int i = static_cast<int>(threadIdx.x); i < part.group * kHeadDim; i += kAttentionThreads) {
    const int h = i / kHeadDim;
    float maximum = kNoScore;
#pragma unroll
    for (int warp = 0; warp < kAttentionWarps; ++warp) {
      maximum = fmaxf(maximum, parts.totals[warp * kVectors + h].maximum);
    }
    float sum = 0.0F;
    float output = 0.0F;
#pragma unroll
    for (int warp = 0; warp < kAttentionWarps; ++warp) {
      const PageSum total = parts.totals[warp * kVectors + h];
      const float weight = exp2_below(total.maximum, maximum);
      sum += weight * total.sum;
      output += weight * parts.outputs[(warp * kVectors + h) * kHeadDim + i % kHeadDim];
    }
    const std::int64_t head =
        (std::int64_t{part.chunk} * plan.splits + split) * args.kv.query_heads + part.first_head +
        h;
    plan.outputs[head * kHeadDim + i % kHeadDim] = output;
    if (i % kHeadDim == 0) plan.totals[head] = {maximum, sum};
  }
}

template <int kHeadDim>
constexpr int shared_bytes() {
  constexpr int kStageBytes = kAttentionWarps * kStages * 2 * kStripElements<kHeadDim> * 2;
  constexpr int kPartBytes =
      kAttentionWarps * kVectors * (static_cast<int>(sizeof(PageSum)) + kHeadDim * 4);
  return kStageBytes > kPartBytes ? kStageBytes : kPartBytes;
}

__device__ inline Walk walk_of(const AttentionArgs& args, const AttentionPlan& plan,
                               const ChunkView& chunk, const PageRange& range, int split) {
  const int each = (range.count + plan.splits - 1) / plan.splits;
  const int first = split * each;
  const int end = first + each < range.count ? first + each : range.count;
  const int mine = first + static_cast<int>(threadIdx.x) / kWarp;
  const int pages = mine < end ? (end - mine + kAttentionWarps - 1) / kAttentionWarps : 0;
  const int strips = args.kv.layout.page_size / kStrip;
  return {args.batch.pages + range.first, mine,       pages * strips, strips,
          chunk.first_position,           args.window};
}

/// Grid: (split, KV head, decode chunk).
template <int kHeadDim, bool kPageSums>
__global__ void __launch_bounds__(kAttentionThreads)
    decode_mma(AttentionArgs args, AttentionPlan plan) {
  wait_for_previous();
  let_next_begin();
  Part part{};
  part.chunk = static_cast<int>(blockIdx.z);
  const ChunkView& chunk = args.batch.chunks[part.chunk];
  if (chunk.rows == 0) return;
  part.kv_head = static_cast<int>(blockIdx.y);
  part.group = args.kv.query_heads / args.kv.kv_heads;
  part.first_head = part.kv_head * part.group;
  const int split = static_cast<int>(blockIdx.x);
  part.walk = walk_of(args, plan, chunk, range_of(args, part.chunk, part.kv_head), split);

  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const auto* heads = static_cast<const std::uint16_t*>(args.queries.data) +
                      std::int64_t{chunk.first_row} * args.queries.stride +
                      std::int64_t{part.first_head} * kHeadDim;
  const int low = lane / 4;
  const int high = low + 8;
  const Queries<kHeadDim> queries =
      load_vectors<kHeadDim>(low < part.group ? heads + low * kHeadDim : nullptr,
                             high < part.group ? heads + high * kHeadDim : nullptr);
  auto* stages = reinterpret_cast<std::uint16_t*>(shared_memory());
  RunningRows<kHeadDim> running;
  run_strips<kHeadDim, kPageSums>(args, plan, part, queries,
                                  stages + warp * kStages * 2 * kStripElements<kHeadDim>, running);
  __syncthreads();
  auto* totals = reinterpret_cast<PageSum*>(shared_memory());
  const WarpParts parts{totals, reinterpret_cast<float*>(totals + kAttentionWarps * kVectors)};
  publish(running, part, parts);
  __syncthreads();
  store_part<kHeadDim>(args, plan, part, split, parts);
}

template <int kHeadDim>
void launch_for(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  const LaunchShape shape{
      .grid = dim3(static_cast<unsigned>(plan.splits), static_cast<unsigned>(args.kv.kv_heads),
                   static_cast<unsigned>(args.batch.decode_chunks)),
      .block = dim3(kAttentionThreads),
      .shared_bytes = shared_bytes<kHeadDim>()};
  if (args.captures) return launch(&decode_mma<kHeadDim, true>, shape, stream, args, plan);
  launch(&decode_mma<kHeadDim, false>, shape, stream, args, plan);
}

}  // namespace

void launch_decode_mma(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  if (args.kv.layout.head_dim == 64) return launch_for<64>(args, plan, stream);
  launch_for<128>(args, plan, stream);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
