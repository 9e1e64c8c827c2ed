// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Prefill attention on tensor cores, after FlashAttention-2 (Dao, arXiv 2307.08691, section 3): a
// block takes 64 query vectors, that is, rows with the heads that share a KV head, and walks over
// the pages in tiles of four strips.
#include "engine/ops/cuda/attention_mma.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr int kStrips = 4;  // of a tile
constexpr int kBlockVectors = kAttentionWarps * kVectors;

template <int kHeadDim>
constexpr int kTileElements = kStrips* kStrip* kHeadDim;

struct Rows {
  int chunk;
  int kv_head;
  int group;
  PageRange range;
  int strips_of_page;
  int first_vector;  // of the block
  std::int32_t least_position;
  std::int32_t most_position;
};

/// One strip of a tile.
struct Strip {
  unsigned live = 0;  // bit i: the token at `position` + i
  std::int32_t position = 0;
  const std::byte* keys = nullptr;
};

__device__ inline Strip strip_at(const AttentionArgs& args, const Rows& rows, int number) {
  Strip strip;
  const int page_number = number / rows.strips_of_page;
  if (page_number >= rows.range.count) return strip;
  const AttendedPage page = args.batch.pages[rows.range.first + page_number];
  const int offset = number % rows.strips_of_page * kStrip;
  strip.live = static_cast<unsigned>(page.live >> offset) & 0xffffU;
  strip.position = page.first_position + offset;
  const bool too_late = strip.position > rows.most_position;
  const bool too_early =
      args.window > 0 && strip.position + kStrip - 1 <= rows.least_position - args.window;
  if (too_late || too_early) strip.live = 0;
  strip.keys = kv_block(args.kv, args.layer, rows.kv_head, page.physical) +
               static_cast<std::int64_t>(offset) * args.kv.layout.head_dim * 2;
  return strip;
}

/// Keys, then values, of a tile.
template <int kHeadDim>
__device__ inline void fetch(const AttentionArgs& args, const Rows& rows, std::uint16_t* tile,
                             int number) {
#pragma unroll
  for (int s = 0; s < kStrips; ++s) {
    const Strip strip = strip_at(args, rows, number * kStrips + s);
    // Strips without a token may lie behind the range: any address will do, nothing is read.
    const std::byte* keys = strip.keys == nullptr ? args.kv.memory : strip.keys;
    std::uint16_t* to = tile + s * kStrip * kHeadDim;
    copy_strip<kHeadDim, kAttentionThreads>(to, keys, strip.live, static_cast<int>(threadIdx.x));
    copy_strip<kHeadDim, kAttentionThreads>(to + kTileElements<kHeadDim>,
                                            keys + args.kv.layout.values_offset(), strip.live,
                                            static_cast<int>(threadIdx.x));
  }
  copy_async_commit();
}

/// Tokens of the strip that a row at `position` sees.
__device__ inline unsigned seen_by(const Strip& strip, std::int32_t position, std::int32_t window) {
  const std::int64_t offset = std::int64_t{position} - strip.position;
  std::uint64_t seen = strip.live & low_bits(offset + 1);
  if (window > 0) seen &= ~low_bits(offset + 1 - window);
  return static_cast<unsigned>(seen);
}

/// A tile into the running softmax of the warp's rows, at `positions` of the lane's two.
template <int kHeadDim>
__device__ inline void take_tile(const AttentionArgs& args, const Rows& rows,
                                 const Queries<kHeadDim>& queries, std::uint16_t* tile, int number,
                                 const std::int32_t (&positions)[2],
                                 RunningRows<kHeadDim>& running) {
  const int column = static_cast<int>(threadIdx.x) % 4 * 2;
  float scores[kStrips][2][4];
  float maxima[2] = {kNoScore, kNoScore};
  const float scale = args.scale * kLog2E;
#pragma unroll
  for (int s = 0; s < kStrips; ++s) {
    const Strip strip = strip_at(args, rows, number * kStrips + s);
    score_strip<kHeadDim>(queries, tile + s * kStrip * kHeadDim, scores[s]);
    const unsigned seen[2] = {seen_by(strip, positions[0], args.window),
                              seen_by(strip, positions[1], args.window)};
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const bool visible = (seen[i / 2] >> (half * 8 + column + i % 2) & 1U) != 0;
        scores[s][half][i] = visible ? scores[s][half][i] * scale : kNoScore;
        maxima[i / 2] = fmaxf(maxima[i / 2], scores[s][half][i]);
      }
    }
  }
  maxima[0] = row_max(maxima[0]);
  maxima[1] = row_max(maxima[1]);
  float shrink[2];
  raise(running, maxima, shrink);
#pragma unroll
  for (int s = 0; s < kStrips; ++s) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        scores[s][half][i] = exp2_below(scores[s][half][i], running.maximum[i / 2]);
        running.sum[i / 2] += scores[s][half][i];  // of this lane; rows are summed at the end
      }
    }
    add_strip<kHeadDim>(scores[s], tile + kTileElements<kHeadDim> + s * kStrip * kHeadDim,
                        running.outputs);
  }
}

template <int kHeadDim>
__device__ inline void store_vectors(const AttentionArgs& args, const AttentionPlan& plan,
                                     const Rows& rows, const ChunkView& chunk,
                                     RunningRows<kHeadDim>& running) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float sum = row_sum(running.sum[half]);
    const int vector = rows.first_vector + warp * kVectors + lane / 4 + half * 8;
    if (vector >= chunk.rows * rows.group) continue;
    const std::int64_t row = chunk.first_row + vector / rows.group;
    const int head = rows.kv_head * rows.group + vector % rows.group;
    const float sink = sink_of(args, head);
    const float maximum = fmaxf(running.maximum[half], sink);
    const float shrink = exp2_below(running.maximum[half], maximum);
    const float total = sum * shrink + exp2_below(sink, maximum);
    auto* out = static_cast<std::uint16_t*>(args.out.data) + row * args.out.stride +
                std::int64_t{head} * kHeadDim + lane % 4 * 2;
    const float by = shrink / total;
#pragma unroll
    for (int column = 0; column < kHeadDim / 8; ++column) {
      *reinterpret_cast<std::uint32_t*>(out + column * 8) = pack_bf16(
          running.outputs[column][2 * half] * by, running.outputs[column][2 * half + 1] * by);
    }
    if (args.captures && lane % 4 == 0) {
      plan.log_sums[row * args.kv.query_heads + head] = maximum + log2f(total);
    }
  }
}

/// Tiles that hold tokens which some row of the block sees: [first, end).
__device__ inline void bound_tiles(const AttentionArgs& args, const Rows& rows, int& first,
                                   int& end) {
  const AttendedPage* pages = args.batch.pages + rows.range.first;
  int count = rows.range.count;
  while (count > 0 && pages[count - 1].first_position > rows.most_position) --count;
  int begin = 0;
  const std::int32_t oldest = args.window > 0 ? rows.least_position - args.window + 1 : 0;
  while (begin < count && pages[begin].first_position + args.kv.layout.page_size <= oldest) ++begin;
  first = begin * rows.strips_of_page / kStrips;
  end = (count * rows.strips_of_page + kStrips - 1) / kStrips;
}

template <int kHeadDim>
__device__ inline const std::uint16_t* vector_at(const AttentionArgs& args, const Rows& rows,
                                                 const ChunkView& chunk, int vector) {
  if (vector >= chunk.rows * rows.group) return nullptr;
  return static_cast<const std::uint16_t*>(args.queries.data) +
         std::int64_t{chunk.first_row + vector / rows.group} * args.queries.stride +
         std::int64_t{rows.kv_head * rows.group + vector % rows.group} * kHeadDim;
}

/// Grid: (64 vectors, KV head, prefill chunk).
template <int kHeadDim>
__global__ void __launch_bounds__(kAttentionThreads)
    prefill_mma(AttentionArgs args, AttentionPlan plan) {
  wait_for_previous();
  let_next_begin();
  Rows rows{};
  rows.chunk = args.batch.decode_chunks + static_cast<int>(blockIdx.z);
  const ChunkView& chunk = args.batch.chunks[rows.chunk];
  rows.kv_head = static_cast<int>(blockIdx.y);
  rows.group = args.kv.query_heads / args.kv.kv_heads;
  rows.first_vector = static_cast<int>(blockIdx.x) * kBlockVectors;
  const int vectors = chunk.rows * rows.group;
  if (rows.first_vector >= vectors) return;
  rows.range = range_of(args, rows.chunk, rows.kv_head);
  rows.strips_of_page = args.kv.layout.page_size / kStrip;
  const int last = rows.first_vector + kBlockVectors < vectors
                       ? rows.first_vector + kBlockVectors - 1
                       : vectors - 1;
  rows.least_position = chunk.first_position + rows.first_vector / rows.group;
  rows.most_position = chunk.first_position + last / rows.group;

  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int low = rows.first_vector + static_cast<int>(threadIdx.x) / kWarp * kVectors + lane / 4;
  const std::int32_t positions[2] = {chunk.first_position + low / rows.group,
                                     chunk.first_position + (low + 8) / rows.group};
  const Queries<kHeadDim> queries = load_vectors<kHeadDim>(
      vector_at<kHeadDim>(args, rows, chunk, low), vector_at<kHeadDim>(args, rows, chunk, low + 8));
  int first = 0;
  int end = 0;
  bound_tiles(args, rows, first, end);
  auto* tiles = reinterpret_cast<std::uint16_t*>(shared_memory());
  RunningRows<kHeadDim> running;
  fetch<kHeadDim>(args, rows, tiles, first);
  for (int number = first; number < end; ++number) {
    std::uint16_t* tile = tiles + (number - first) % 2 * 2 * kTileElements<kHeadDim>;
    if (number + 1 < end) {
      fetch<kHeadDim>(args, rows, tiles + (number + 1 - first) % 2 * 2 * kTileElements<kHeadDim>,
                      number + 1);
    } else {
      copy_async_commit();
    }
    copy_async_wait<1>();
    __syncthreads();
    take_tile<kHeadDim>(args, rows, queries, tile, number, positions, running);
    __syncthreads();  // the tile is overwritten in the next round
  }
  copy_async_wait<0>();
  store_vectors<kHeadDim>(args, plan, rows, chunk, running);
}

template <int kHeadDim>
void launch_for(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream) {
  const int group = args.kv.query_heads / args.kv.kv_heads;
  const int blocks = (args.batch.most_prefill_rows * group + kBlockVectors - 1) / kBlockVectors;
  launch(&prefill_mma<kHeadDim>,
         {.grid = dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(args.kv.kv_heads),
                       static_cast<unsigned>(args.batch.prefill_chunks)),
          .block = dim3(kAttentionThreads),
          .shared_bytes = 2 * 2 * kTileElements<kHeadDim> * 2},
         stream, args, plan);
}

}  // namespace

void launch_prefill_mma(const AttentionArgs& args, const AttentionPlan& plan,
                        const Stream& stream) {
  if (args.kv.layout.head_dim == 64) return launch_for<64>(args, plan, stream);
  launch_for<128>(args, plan, stream);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
