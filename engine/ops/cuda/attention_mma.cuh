// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/attention_common.cuh"

/// Attention on tensor cores: what decode and prefill share. Query vectors are rows of A, 16 for a
/// warp; tokens come in strips of 16 of one page, staged in shared memory. Keys are B of the scores
/// as they lie; values are B of the outputs, transposed on the way.
namespace pagequest::ops::PQ_CUDA_NS {

inline constexpr int kStrip = 16;       // tokens
inline constexpr int kVectors = 16;     // query vectors of a warp
inline constexpr int kBf16PerCopy = 8;  // of 16 bytes

/// Whether the kernels on tensor cores take a batch of this kind.
[[nodiscard]] inline bool fits_tensor_cores(const AttentionArgs& args) {
  const DeviceKvLayout& layout = args.kv.layout;
  return layout.type == KvType::bf16 && args.queries.element == Element::bf16 &&
         (layout.head_dim == 64 || layout.head_dim == 128) && layout.page_size % kStrip == 0 &&
         args.kv.query_heads / args.kv.kv_heads <= kVectors;
}

/// A strip's keys or values in shared memory: (token, head_dim) bf16, with the 16-byte pieces of a
/// row swapped by the row's number, so that eight rows of one column lie in eight groups of banks.
template <int kHeadDim>
__device__ inline std::uint16_t* strip_piece(std::uint16_t* strip, int token, int piece) {
  return strip + token * kHeadDim + (piece ^ (token & 7)) * kBf16PerCopy;
}

/// Copies this thread's share of a strip; tokens without their bit in `valid` get zeros.
template <int kHeadDim, int kThreads>
__device__ inline void copy_strip(std::uint16_t* strip, const std::byte* tokens, unsigned valid,
                                  int thread) {
  constexpr int kPieces = kHeadDim / kBf16PerCopy;
  const auto* from = reinterpret_cast<const std::uint16_t*>(tokens);
#pragma unroll
  for (int i = 0; i < kStrip * kPieces; i += kThreads) {
    const int number = i + thread;
    const int token = number / kPieces;
    const int piece = number % kPieces;
    copy_async_16(strip_piece<kHeadDim>(strip, token, piece),
                  from + token * kHeadDim + piece * kBf16PerCopy, (valid >> token & 1U) != 0);
  }
}

/// The warp's query vectors as fragments of A, (step of 16 components, register).
template <int kHeadDim>
struct Queries {
  std::uint32_t fragments[kHeadDim / 16][4];
};

/// `first` and `second`: vectors lane / 4 and lane / 4 + 8; null: zeros.
template <int kHeadDim>
__device__ inline Queries<kHeadDim> load_vectors(const std::uint16_t* first,
                                                 const std::uint16_t* second) {
  Queries<kHeadDim> queries;
  const int column = static_cast<int>(threadIdx.x) % 4 * 2;
  const auto pair = [column](const std::uint16_t* vector, int at) {
    return vector == nullptr ? 0U : *reinterpret_cast<const std::uint32_t*>(vector + at + column);
  };
#pragma unroll
  for (int step = 0; step < kHeadDim / 16; ++step) {
    queries.fragments[step][0] = pair(first, step * 16);
    queries.fragments[step][1] = pair(second, step * 16);
    queries.fragments[step][2] = pair(first, step * 16 + 8);
    queries.fragments[step][3] = pair(second, step * 16 + 8);
  }
  return queries;
}

/// Scores of a strip: two fragments of 16 x 8. Lane l has rows l / 4 (elements 0, 1) and l / 4 + 8
/// (elements 2, 3), of tokens 2 (l % 4) and 2 (l % 4) + 1 of each half.
template <int kHeadDim>
__device__ inline void score_strip(const Queries<kHeadDim>& queries, std::uint16_t* keys,
                                   float (&scores)[2][4]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int i = 0; i < 4; ++i) scores[half][i] = 0.0F;
  }
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int token = lane / 16 * 8 + lane % 8;
  const int piece = lane / 8 % 2;
#pragma unroll
  for (int step = 0; step < kHeadDim / 16; ++step) {
    std::uint32_t tiles[4];
    load_tiles(tiles, strip_piece<kHeadDim>(keys, token, step * 2 + piece));
    mma_bf16(scores[0], queries.fragments[step], {tiles[0], tiles[1]});
    mma_bf16(scores[1], queries.fragments[step], {tiles[2], tiles[3]});
  }
}

/// outputs += weights * values of a strip; weights are rounded to bf16.
template <int kHeadDim>
__device__ inline void add_strip(const float (&weights)[2][4], std::uint16_t* values,
                                 float (&outputs)[kHeadDim / 8][4]) {
  const std::uint32_t a[4] = {
      pack_bf16(weights[0][0], weights[0][1]), pack_bf16(weights[0][2], weights[0][3]),
      pack_bf16(weights[1][0], weights[1][1]), pack_bf16(weights[1][2], weights[1][3])};
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int token = lane / 8 % 2 * 8 + lane % 8;
  const int piece = lane / 16;
#pragma unroll
  for (int column = 0; column < kHeadDim / 8; column += 2) {
    std::uint32_t tiles[4];
    load_tiles_transposed(tiles, strip_piece<kHeadDim>(values, token, column + piece));
    mma_bf16(outputs[column], a, {tiles[0], tiles[1]});
    mma_bf16(outputs[column + 1], a, {tiles[2], tiles[3]});
  }
}

/// Over the four lanes that hold a row.
__device__ inline float row_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, 1));
  return fmaxf(x, __shfl_xor_sync(kAllLanes, x, 2));
}
__device__ inline float row_sum(float x) {
  x += __shfl_xor_sync(kAllLanes, x, 1);
  return x + __shfl_xor_sync(kAllLanes, x, 2);
}

/// Running softmax of the lane's two rows.
template <int kHeadDim>
struct RunningRows {
  float maximum[2] = {kNoScore, kNoScore};
  float sum[2] = {0.0F, 0.0F};
  float outputs[kHeadDim / 8][4] = {};
};

/// Takes new maxima; returns by what earlier sums shrink.
template <int kHeadDim>
__device__ inline void raise(RunningRows<kHeadDim>& running, const float (&maxima)[2],
                             float (&shrink)[2]) {
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    const float now = fmaxf(running.maximum[row], maxima[row]);
    shrink[row] = exp2_below(running.maximum[row], now);
    running.maximum[row] = now;
    running.sum[row] *= shrink[row];
  }
  if (shrink[0] == 1.0F && shrink[1] == 1.0F) return;
#pragma unroll
  for (int column = 0; column < kHeadDim / 8; ++column) {
    running.outputs[column][0] *= shrink[0];
    running.outputs[column][1] *= shrink[0];
    running.outputs[column][2] *= shrink[1];
    running.outputs[column][3] *= shrink[1];
  }
}

void launch_decode_mma(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream);
void launch_prefill_mma(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS
