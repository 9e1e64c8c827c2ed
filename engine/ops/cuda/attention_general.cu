// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Attention of one row and KV head in a block, for every type and shape. Scores: a lane takes a
// token; outputs: a lane takes components. In units of log2: scores are multiplied by log2 e.
#include "engine/ops/cuda/attention_common.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr int kHeads = 4;          // query heads that are computed together
constexpr int kMostHeadDim = 256;  // components of a lane: kMostHeadDim / kWarp
constexpr int kComponents = kMostHeadDim / kWarp;

/// A row and what it may read.
struct Work {
  int chunk;
  std::int64_t row;  // of the batch
  int kv_head;
  int query_head;  // first of the heads that are computed together
  int heads;
  std::int32_t position;
  PageRange range;
  int first_page;  // of the range
  int end_page;
};

struct Running {
  float maximum[kHeads];
  float sum[kHeads];
  float output[kHeads][kComponents];
};

__device__ inline void clear(Running& running) {
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    running.maximum[h] = kNoScore;
    running.sum[h] = 0.0F;
#pragma unroll
    for (int c = 0; c < kComponents; ++c) running.output[h][c] = 0.0F;
  }
}

/// Scores of the lane's token of one half of a page.
template <KvType kType>
__device__ inline void score(const AttentionArgs& args, const float* queries,
                             const std::byte* block, int slot, bool visible,
                             float (&scores)[kHeads]) {
#pragma unroll
  for (int h = 0; h < kHeads; ++h) scores[h] = visible ? 0.0F : kNoScore;
  if (!visible) return;
  const int head_dim = args.kv.layout.head_dim;
  for (int i = 0; i < head_dim; i += 8) {
    float key[8];
    load_key_8<kType>(args.kv.layout, block, slot, i, key);
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
#pragma unroll
      for (int k = 0; k < 8; ++k) scores[h] += queries[h * head_dim + i + k] * key[k];
    }
  }
  const float scale = args.scale * kLog2E * kv_scale<kType>(args.kv.layout, block, 0, slot);
#pragma unroll
  for (int h = 0; h < kHeads; ++h) scores[h] *= scale;
}

template <KvType kType>
__device__ inline void add_values(const AttentionArgs& args, const std::byte* block,
                                  std::uint64_t visible, const float (&low)[kHeads],
                                  const float (&high)[kHeads], Running& running) {
  const int head_dim = args.kv.layout.head_dim;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (std::uint64_t left = visible; left != 0; left &= left - 1) {
    const int slot = __ffsll(static_cast<long long>(left)) - 1;
    const float scale = kv_scale<kType>(args.kv.layout, block, 1, slot);
    float weights[kHeads];
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      weights[h] = scale * __shfl_sync(kAllLanes, slot < kWarp ? low[h] : high[h], slot % kWarp);
    }
#pragma unroll
    for (int c = 0; c < kComponents; ++c) {
      const int i = lane + c * kWarp;
      if (i >= head_dim) break;
      const float value = kv_component<kType>(args.kv.layout, block, 1, slot, i);
#pragma unroll
      for (int h = 0; h < kHeads; ++h) running.output[h][c] += weights[h] * value;
    }
  }
}

/// Takes a page into the running softmax of the warp; returns each head's sum of the page.
template <KvType kType>
__device__ inline void take_page(const AttentionArgs& args, const float* queries,
                                 const std::byte* block, std::uint64_t visible, Running& running,
                                 float (&page_sums)[kHeads]) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float low[kHeads];
  float high[kHeads];
  score<kType>(args, queries, block, lane, (visible >> lane & 1) != 0, low);
  score<kType>(args, queries, block, lane + kWarp, (visible >> (lane + kWarp) & 1) != 0, high);
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    const float before = running.maximum[h];
    const float now = fmaxf(before, warp_max(fmaxf(low[h], high[h])));
    const float shrink = exp2_below(before, now);
    low[h] = exp2_below(low[h], now);
    high[h] = exp2_below(high[h], now);
    page_sums[h] = warp_sum(low[h] + high[h]);
    running.maximum[h] = now;
    running.sum[h] = running.sum[h] * shrink + page_sums[h];
#pragma unroll
    for (int c = 0; c < kComponents; ++c) running.output[h][c] *= shrink;
  }
  add_values<kType>(args, block, visible, low, high, running);
}

__device__ inline void store_page_sums(const AttentionArgs& args, const AttentionPlan& plan,
                                       const Work& work, int page, const Running& running,
                                       const float (&sums)[kHeads]) {
  if (threadIdx.x % kWarp != 0) return;
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    if (h >= work.heads) break;
    const std::int64_t head = std::int64_t{work.chunk} * args.kv.query_heads + work.query_head + h;
    plan.page_sums[head * args.batch.most_pages + page] = {running.maximum[h], sums[h]};
  }
}

template <KvType kType, bool kPageSums>
__device__ inline void run_pages(const AttentionArgs& args, const AttentionPlan& plan,
                                 const Work& work, const float* queries, Running& running) {
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  for (int page = work.first_page + warp; page < work.end_page; page += kAttentionWarps) {
    const AttendedPage entry = args.batch.pages[work.range.first + page];
    const std::uint64_t visible = visible_tokens(entry, work.position, args.window);
    float sums[kHeads] = {};
    if (visible != 0) {
      const std::byte* block = kv_block(args.kv, args.layer, work.kv_head, entry.physical);
      take_page<kType>(args, queries, block, visible, running, sums);
    }
    if constexpr (kPageSums) store_page_sums(args, plan, work, page, running, sums);
  }
}

__device__ inline void load_queries(const AttentionArgs& args, const Work& work, float* queries) {
  const int head_dim = args.kv.layout.head_dim;
  const std::int64_t first =
      work.row * args.queries.stride + std::int64_t{work.query_head} * head_dim;
  for (int i = static_cast<int>(threadIdx.x); i < kHeads * head_dim; i += kAttentionThreads) {
    queries[i] = i < work.heads * head_dim ? load_element(args.queries, first + i) : 0.0F;
  }
}

/// Shared memory behind the queries: what the warps found.
struct WarpResults {
  float* maximum;  // (warp, head)
  float* sum;
  float* output;  // (warp, head, head_dim)
};

__device__ inline WarpResults results_behind(float* queries, int head_dim) {
  float* maximum = queries + kHeads * head_dim;
  float* sum = maximum + kAttentionWarps * kHeads;
  return {maximum, sum, sum + kAttentionWarps * kHeads};
}

__device__ inline void publish(const Running& running, const WarpResults& results, int head_dim) {
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    if (lane == 0) {
      results.maximum[warp * kHeads + h] = running.maximum[h];
      results.sum[warp * kHeads + h] = running.sum[h];
    }
#pragma unroll
    for (int c = 0; c < kComponents; ++c) {
      const int i = lane + c * kWarp;
      if (i < head_dim) results.output[(warp * kHeads + h) * head_dim + i] = running.output[h][c];
    }
  }
}

/// Maximum and sum over the warps, and over the sink.
__device__ inline PageSum total_of(const WarpResults& results, int head, float sink) {
  float maximum = sink;
#pragma unroll
  for (int warp = 0; warp < kAttentionWarps; ++warp) {
    maximum = fmaxf(maximum, results.maximum[warp * kHeads + head]);
  }
  float sum = exp2_below(sink, maximum);
#pragma unroll
  for (int warp = 0; warp < kAttentionWarps; ++warp) {
    sum += results.sum[warp * kHeads + head] *
           exp2_below(results.maximum[warp * kHeads + head], maximum);
  }
  return {maximum, sum};
}

__device__ inline float output_of(const WarpResults& results, int head, int i, int head_dim,
                                  float maximum) {
  float output = 0.0F;
#pragma unroll
  for (int warp = 0; warp < kAttentionWarps; ++warp) {
    output += results.output[(warp * kHeads + head) * head_dim + i] *
              exp2_below(results.maximum[warp * kHeads + head], maximum);
  }
  return output;
}

__device__ inline void store_part(const AttentionArgs& args, const AttentionPlan& plan,
                                  const Work& work, int split, const WarpResults& results) {
  const int head_dim = args.kv.layout.head_dim;
  for (int i = static_cast<int>(threadIdx.x); i < work.heads * head_dim; i += kAttentionThreads) {
    const int h = i / head_dim;
    const PageSum total = total_of(results, h, kNoScore);
    const std::int64_t head =
        (std::int64_t{work.chunk} * plan.splits + split) * args.kv.query_heads + work.query_head +
        h;
    plan.outputs[head * head_dim + i % head_dim] =
        output_of(results, h, i % head_dim, head_dim, total.maximum);
    if (i % head_dim == 0) plan.totals[head] = total;
  }
}

__device__ inline void store_row(const AttentionArgs& args, const AttentionPlan& plan,
                                 const Work& work, const WarpResults& results) {
  const int head_dim = args.kv.layout.head_dim;
  for (int i = static_cast<int>(threadIdx.x); i < work.heads * head_dim; i += kAttentionThreads) {
    const int head = work.query_head + i / head_dim;
    const PageSum total = total_of(results, i / head_dim, sink_of(args, head));
    const float output =
        output_of(results, i / head_dim, i % head_dim, head_dim, total.maximum) / total.sum;
    store_element(args.out,
                  work.row * args.out.stride + std::int64_t{work.query_head} * head_dim + i,
                  output);
    if (i % head_dim == 0 && args.captures) {
      plan.log_sums[work.row * args.kv.query_heads + head] = total.maximum + log2f(total.sum);
    }
  }
}

/// Grid: (split or row of the chunk, KV head, chunk).
template <KvType kType, bool kDecode, bool kPageSums>
__global__ void __launch_bounds__(kAttentionThreads)
    attend(AttentionArgs args, AttentionPlan plan) {
  wait_for_previous();
  let_next_begin();
  Work work{};
  work.chunk = static_cast<int>(blockIdx.z) + (kDecode ? 0 : args.batch.decode_chunks);
  const ChunkView& chunk = args.batch.chunks[work.chunk];
  const int row = kDecode ? 0 : static_cast<int>(blockIdx.x);
  if (row >= chunk.rows) return;
  work.row = chunk.first_row + row;
  work.position = chunk.first_position + row;
  work.kv_head = static_cast<int>(blockIdx.y);
  work.range = range_of(args, work.chunk, work.kv_head);
  const int splits = kDecode ? plan.splits : 1;
  const int split = kDecode ? static_cast<int>(blockIdx.x) : 0;
  const int each = (work.range.count + splits - 1) / splits;
  work.first_page = split * each;
  work.end_page =
      work.first_page + each < work.range.count ? work.first_page + each : work.range.count;
  const int group = args.kv.query_heads / args.kv.kv_heads;
  auto* queries = reinterpret_cast<float*>(shared_memory());
  const WarpResults results = results_behind(queries, args.kv.layout.head_dim);
  for (int first = 0; first < group; first += kHeads) {
    work.query_head = work.kv_head * group + first;
    work.heads = group - first < kHeads ? group - first : kHeads;
    load_queries(args, work, queries);
    __syncthreads();
    Running running;
    clear(running);
    run_pages<kType, kPageSums>(args, plan, work, queries, running);
    publish(running, results, args.kv.layout.head_dim);
    __syncthreads();
    if constexpr (kDecode) {
      store_part(args, plan, work, split, results);
    } else {
      store_row(args, plan, work, results);
    }
    __syncthreads();
  }
}

int shared_bytes(int head_dim) {
  const int floats =
      kHeads * head_dim + 2 * kAttentionWarps * kHeads + kAttentionWarps * kHeads * head_dim;
  return floats * static_cast<int>(sizeof(float));
}

template <KvType kType>
void launch_decode(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  const LaunchShape shape{
      .grid = dim3(static_cast<unsigned>(plan.splits), static_cast<unsigned>(args.kv.kv_heads),
                   static_cast<unsigned>(args.batch.decode_chunks)),
      .block = dim3(kAttentionThreads),
      .shared_bytes = shared_bytes(args.kv.layout.head_dim)};
  if (args.captures) return launch(&attend<kType, true, true>, shape, stream, args, plan);
  launch(&attend<kType, true, false>, shape, stream, args, plan);
}

template <KvType kType>
void launch_prefill(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  launch(&attend<kType, false, false>,
         {.grid = dim3(static_cast<unsigned>(args.batch.most_prefill_rows),
                       static_cast<unsigned>(args.kv.kv_heads),
                       static_cast<unsigned>(args.batch.prefill_chunks)),
          .block = dim3(kAttentionThreads),
          .shared_bytes = shared_bytes(args.kv.layout.head_dim)},
         stream, args, plan);
}

}  // namespace

void launch_decode_attention(const AttentionArgs& args, const AttentionPlan& plan,
                             const Stream& stream) {
  switch (args.kv.layout.type) {
    case KvType::f32:
      return launch_decode<KvType::f32>(args, plan, stream);
    case KvType::bf16:
      return launch_decode<KvType::bf16>(args, plan, stream);
    case KvType::int8:
      return launch_decode<KvType::int8>(args, plan, stream);
  }
}

void launch_prefill_attention(const AttentionArgs& args, const AttentionPlan& plan,
                              const Stream& stream) {
  switch (args.kv.layout.type) {
    case KvType::f32:
      return launch_prefill<KvType::f32>(args, plan, stream);
    case KvType::bf16:
      return launch_prefill<KvType::bf16>(args, plan, stream);
    case KvType::int8:
      return launch_prefill<KvType::int8>(args, plan, stream);
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
