// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/linear_launch.cuh"
#include "engine/ops/cuda/weights_decode.cuh"

/// Products of few rows: each weight is read once, from memory straight into a tensor core's
/// operand. A tile of 8 outputs is the right operand (16 inputs x 8 outputs), rows of x are the
/// left one. Sums don't care about the order of inputs, so a lane takes 16 adjacent bytes of a row
/// of weights where the instruction would have it take pairs from all over, and the same inputs of
/// x.
namespace pagequest::ops::PQ_CUDA_NS {

inline constexpr int kGemvOutputs = 8;  // of a tile
inline constexpr int kGemvChunk = 128;  // inputs that a warp takes at a time
inline constexpr int kGemvMostWarps = 16;

/// The weights that one lane reads: of output lane / 4 of each tile, chunks `step` apart. kDepth
/// chunks are on their way at any time: 8 loads of 16 bytes a lane.
template <MatrixType kType, int kTiles>
struct WeightStream {
  using Store = Storage<kType>;
  static constexpr int kLoads = kGemvChunk / (4 * Store::kPerLoad);  // of a chunk and tile
  static constexpr int kDepth = 8 / (kTiles * kLoads);

  // Of the expert's matrix; offsets from them take half the registers of pointers.
  const uint4* weights;
  const std::byte* scales;
  std::uint32_t rows[kTiles];                                 // lane's first load, in loads
  std::uint32_t own_scales[Store::kScalesSums ? 1 : kTiles];  // bytes; of the lane's output, mxfp4
  /// Bytes; of the two outputs whose sums the lane has.
  std::uint32_t sum_scales[Store::kScalesSums ? kTiles : 1][2];
  std::int32_t row_bytes;     // from the lane's first byte on
  std::int32_t scale_groups;  // mxfp4
  uint4 raw[kDepth][kTiles][kLoads];
  std::uint32_t exponents[kDepth][kTiles];
  float factors[kDepth][kTiles][2];

  __device__ void begin(const Product& p, std::int32_t expert,
                        const std::int32_t (&first)[kTiles]) {
    const auto lane = static_cast<std::uint32_t>(threadIdx.x % kWarp);
    weights = reinterpret_cast<const uint4*>(p.weights + expert * p.expert_bytes);
    scales = p.scales + expert * p.expert_scale_bytes;
    row_bytes = static_cast<std::int32_t>(p.row_bytes) - static_cast<std::int32_t>(lane % 4 * 16);
    scale_groups = p.inputs / kMxfp4ScaleGroup;
    const auto row_loads = static_cast<std::uint32_t>(p.row_bytes / 16);
    const auto scale_stride = static_cast<std::uint32_t>(p.scale_stride);
    // Outputs that a tile lacks repeat the last one; nobody looks at their sums.
    const auto last = static_cast<std::uint32_t>(p.outputs - 1);
#pragma unroll
    for (int t = 0; t < kTiles; ++t) {
      const auto base = static_cast<std::uint32_t>(first[t]);
      const std::uint32_t output = min(base + lane / 4, last);
      rows[t] = output * row_loads + lane % 4;
      if constexpr (kType == MatrixType::mxfp4) own_scales[t] = output * scale_stride;
      if constexpr (Store::kScalesSums) {
#pragma unroll
        for (std::uint32_t i = 0; i < 2; ++i) {
          sum_scales[t][i] = min(base + lane % 4 * 2 + i, last) * scale_stride;
        }
      }
    }
  }

  __device__ void load(int slot, std::int32_t chunk) {
    const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
#pragma unroll
    for (int t = 0; t < kTiles; ++t) {
#pragma unroll
      for (int i = 0; i < kLoads; ++i) {
        const std::int32_t at = (chunk * kLoads + i) * 4;
        raw[slot][t][i] = at * 16 < row_bytes
                              ? load_streaming(weights + rows[t] + static_cast<std::uint32_t>(at))
                              : make_uint4(0, 0, 0, 0);
      }
      if constexpr (kType == MatrixType::mxfp4) {
        const std::int32_t group = chunk * 4 + lane % 4;
        const std::byte* exponent = scales + own_scales[t] + static_cast<std::uint32_t>(group);
        exponents[slot][t] = group < scale_groups ? static_cast<std::uint32_t>(*exponent) : 0U;
      }
      if constexpr (Store::kScalesSums) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          factors[slot][t][i] = reinterpret_cast<const float*>(scales + sum_scales[t][i])[chunk];
        }
      }
    }
  }
};

/// sums += x * weights over one chunk that has arrived.
template <MatrixType kType, int kTiles, int kHalves>
__device__ inline void multiply_chunk(const Product& p, const WeightStream<kType, kTiles>& stream,
                                      int slot, std::int32_t chunk,
                                      const std::uint16_t* const (&rows)[kHalves],
                                      float (&sums)[kTiles][4]) {
  using Store = Storage<kType>;
  constexpr int kLoads = WeightStream<kType, kTiles>::kLoads;
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    const std::int32_t first =
        chunk * kGemvChunk + (i * 4 + lane % 4) * Store::kPerLoad;  // input of the lane
#pragma unroll
    for (int e = 0; e < Store::kEights; ++e) {
      uint4 x[2] = {};
#pragma unroll
      for (int h = 0; h < kHalves; ++h) x[h] = load_eight(rows[h], first + 8 * e, p.inputs);
      const std::uint32_t left[2][4] = {{x[0].x, x[1].x, x[0].y, x[1].y},
                                        {x[0].z, x[1].z, x[0].w, x[1].w}};
#pragma unroll
      for (int t = 0; t < kTiles; ++t) {
        std::uint32_t pairs[4];
        decode_eight<kType>(stream.raw[slot][t][i], e,
                            kType == MatrixType::mxfp4 ? stream.exponents[slot][t] : 0U, pairs);
        mma_bf16(sums[t], left[0], {pairs[0], pairs[1]});
        mma_bf16(sums[t], left[1], {pairs[2], pairs[3]});
      }
    }
  }
}

/// The same for x and its remainder, and with the scales of sums.
template <MatrixType kType, int kTiles, int kHalves>
__device__ inline void add_chunk(const Product& p, const WeightStream<kType, kTiles>& stream,
                                 int slot, std::int32_t chunk,
                                 const std::uint16_t* const (&rows)[kHalves],
                                 const std::uint16_t* const (&remainders)[kHalves],
                                 float (&sums)[kTiles][4]) {
  if constexpr (Storage<kType>::kScalesSums) {
    float of_chunk[kTiles][4] = {};
    multiply_chunk<kType, kTiles, kHalves>(p, stream, slot, chunk, rows, of_chunk);
    if (p.remainder != nullptr) {
      multiply_chunk<kType, kTiles, kHalves>(p, stream, slot, chunk, remainders, of_chunk);
    }
#pragma unroll
    for (int t = 0; t < kTiles; ++t) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        sums[t][i] = fmaf(of_chunk[t][i], stream.factors[slot][t][i % 2], sums[t][i]);
      }
    }
  } else {
    multiply_chunk<kType, kTiles, kHalves>(p, stream, slot, chunk, rows, sums);
    if (p.remainder != nullptr) {
      multiply_chunk<kType, kTiles, kHalves>(p, stream, slot, chunk, remainders, sums);
    }
  }
}

/// Partial sums of a block's warps in shared memory: (warp, tile, row, output of the tile).
template <int kTiles, int kHalves>
struct GemvSums {
  static constexpr int kRows = 8 * kHalves;
  static constexpr int kOfWarp = kTiles * kRows * kGemvOutputs;

  __device__ static void put(float* shared, const float (&sums)[kTiles][4]) {
    const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
    float* mine = shared + static_cast<std::int32_t>(threadIdx.x / kWarp) * kOfWarp;
#pragma unroll
    for (int t = 0; t < kTiles; ++t) {
#pragma unroll
      for (int h = 0; h < kHalves; ++h) {
        float* to = mine + (t * kRows + h * 8 + lane / 4) * kGemvOutputs + lane % 4 * 2;
        *reinterpret_cast<float2*>(to) = make_float2(sums[t][2 * h], sums[t][2 * h + 1]);
      }
    }
  }
  __device__ static float sum(const float* shared, int tile, std::int32_t place) {
    const auto warps = static_cast<std::int32_t>(blockDim.x / kWarp);
    float total = 0.0F;
    for (std::int32_t w = 0; w < warps; ++w) {
      total += shared[w * kOfWarp + tile * kRows * kGemvOutputs + place];
    }
    return total;
  }
};

/// Adds up the warps' parts and hands the sums to the epilogue. `first`: outputs of the tiles.
template <int kTiles, int kHalves>
__device__ inline void finish_gemv(const Product& p, const RowTile& tile,
                                   const std::int32_t (&first)[kTiles], const float* shared) {
  using Sums = GemvSums<kTiles, kHalves>;
  const std::int32_t end = is_gated(p.epilogue) ? p.outputs / 2 : p.outputs;
  const auto threads = static_cast<std::int32_t>(blockDim.x);
  for (auto i = static_cast<std::int32_t>(threadIdx.x); i < tile.rows * kGemvOutputs;
       i += threads) {
    const std::int32_t row = tile.first_row + i / kGemvOutputs;
    if (is_gated(p.epilogue)) {
      const std::int32_t column = first[0] + i % kGemvOutputs;
      if (column >= end) continue;
      finish_gated(p, tile.expert, row, column, Sums::sum(shared, 0, i),
                   Sums::sum(shared, kTiles - 1, i));
    } else {
#pragma unroll
      for (int t = 0; t < kTiles; ++t) {
        const std::int32_t output = first[t] + i % kGemvOutputs;
        if (output < end) finish(p, tile.expert, row, output, Sums::sum(shared, t, i));
      }
    }
  }
}

/// Block (x, y): kTiles tiles of outputs (with a gated epilogue: one of gates, one of their ups) of
/// row tile y. Its warps share the inputs chunk by chunk.
template <MatrixType kType, int kTiles, int kHalves>
__global__ void __launch_bounds__(kGemvMostWarps* kWarp, 1) gemv_kernel(Product p) {
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
  const auto warps = static_cast<std::int32_t>(blockDim.x / kWarp);
  const auto block = static_cast<std::int32_t>(blockIdx.x);
  std::int32_t first[kTiles];
#pragma unroll
  for (int t = 0; t < kTiles; ++t) {
    first[t] = is_gated(p.epilogue) ? block * kGemvOutputs + t * (p.outputs / 2)
                                    : (block * kTiles + t) * kGemvOutputs;
  }
  RowTile tile{0, p.rows, 0};
  if (p.first != nullptr) {
    wait_for_previous();
    tile = expert_row_tile(p, static_cast<std::int32_t>(blockIdx.y), 8 * kHalves);
    if (tile.rows == 0) return;
  }
  WeightStream<kType, kTiles> stream;
  stream.begin(p, tile.expert, first);
  const std::int32_t chunks = (p.inputs + kGemvChunk - 1) / kGemvChunk;
  const auto begin = static_cast<std::int32_t>(threadIdx.x / kWarp);
  constexpr int kDepth = WeightStream<kType, kTiles>::kDepth;
#pragma unroll
  for (int d = 0; d < kDepth; ++d) {
    if (begin + d * warps < chunks) stream.load(d, begin + d * warps);
  }
  wait_for_previous();
  let_next_begin();

  const std::uint16_t* rows[kHalves];
  const std::uint16_t* remainders[kHalves];
#pragma unroll
  for (int h = 0; h < kHalves; ++h) {
    const std::int32_t row = lane / 4 + 8 * h;
    rows[h] = nullptr;
    remainders[h] = nullptr;
    if (row < tile.rows) {
      const std::int64_t offset = x_offset(p, tile.first_row + row);
      rows[h] = reinterpret_cast<const std::uint16_t*>(p.x) + offset;
      remainders[h] = reinterpret_cast<const std::uint16_t*>(p.remainder) + offset;
    }
  }
  float sums[kTiles][4] = {};
  for (std::int32_t base = begin; base < chunks; base += kDepth * warps) {
#pragma unroll
    for (int d = 0; d < kDepth; ++d) {
      const std::int32_t chunk = base + d * warps;
      if (chunk >= chunks) break;
      add_chunk<kType, kTiles, kHalves>(p, stream, d, chunk, rows, remainders, sums);
      if (chunk + kDepth * warps < chunks) stream.load(d, chunk + kDepth * warps);
    }
  }
  auto* shared = reinterpret_cast<float*>(shared_memory());
  GemvSums<kTiles, kHalves>::put(shared, sums);
  __syncthreads();
  finish_gemv<kTiles, kHalves>(p, tile, first, shared);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
