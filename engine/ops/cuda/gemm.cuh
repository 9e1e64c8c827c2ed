// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/linear_launch.cuh"
#include "engine/ops/cuda/weights_decode.cuh"

/// Products of more rows, on tensor cores: tiles of x and of the weights travel through a ring of
/// stages in shared memory. Weights that are not bf16 arrive as stored; the thread that copied them
/// decodes them into a second tile.
///
/// Shared tiles have rows of 64 inputs: 8 units of 16 bytes, unit u of row r at u ^ (r % 8), so
/// that neither the 8 rows that a tensor core's operand takes at once nor a row's units collide in
/// a bank.
namespace pagequest::ops::PQ_CUDA_NS {

inline constexpr int kGemmRowBytes = 128;  // of a shared tile

template <MatrixType kType_, int kRows_, int kOutputs_, int kWarpsDown, int kWarpsAcross,
          int kStages_>
struct GemmTile {
  static constexpr MatrixType kType = kType_;
  static constexpr int kRows = kRows_;        // of a block
  static constexpr int kOutputs = kOutputs_;  // of a block
  static constexpr int kStages = kStages_;
  static constexpr int kAcross = kWarpsAcross;
  static constexpr int kThreads = kWarpsDown * kWarpsAcross * kWarp;
  static constexpr int kDown16 = kRows / kWarpsDown / 16;       // 16-row operands of a warp
  static constexpr int kAcross8 = kOutputs / kWarpsAcross / 8;  // 8-output operands of a warp

  using Store = Storage<kType>;
  static constexpr int kRowUnits = kGemmStep / Store::kPerLoad;  // loads of a row of weights
  static constexpr int kXLoads = kRows * 8 / kThreads;           // of a thread and stage
  static constexpr int kWeightLoads = kOutputs * kRowUnits / kThreads;
  static constexpr int kXBytes = kRows * kGemmRowBytes;
  static constexpr int kWeightBytes = kOutputs * kRowUnits * 16;
  static constexpr int kDecodedBytes = Store::kRaw ? kOutputs * kGemmRowBytes : 0;  // of two
  static constexpr int kSharedBytes = kStages * (kXBytes + kWeightBytes) + 2 * kDecodedBytes;
  /// Blocks of a multiprocessor, at least: what is left of its registers for each.
  static constexpr int kBlocks = (Store::kScalesSums ? 384 : 512) / kThreads;
  static_assert(kThreads % 64 == 0, "a thread's loads lie in rows that are equal mod 8");
  static_assert(kXLoads * kThreads == kRows * 8 && kXLoads > 0);
  static_assert(kWeightLoads * kThreads == kOutputs * kRowUnits && kWeightLoads > 0);
  static_assert(kDown16 % 2 == 0 && kAcross8 % 2 == 0, "pairs: of x and remainder, gate and up");
};

__device__ inline std::byte* tile_unit(std::byte* tile, std::int32_t row, std::int32_t unit) {
  return tile + row * kGemmRowBytes + ((unit ^ (row & 7)) << 4);
}

/// Which row of x a block's row is. With a remainder every other 16 rows are the remainders of
/// those before, so that a thread gets both sums.
struct BlockRow {
  std::int32_t row;  // of the row tile
  bool is_remainder;
};
__device__ inline BlockRow block_row(const Product& p, std::int32_t row) {
  if (p.remainder == nullptr) return {row, false};
  return {row / 32 * 16 + row % 16, row / 16 % 2 != 0};
}

/// Which output a block's column is. With a gated epilogue every other 8 columns are the ups of the
/// gates before.
__device__ inline std::int32_t block_output(const Product& p, std::int32_t first,
                                            std::int32_t column) {
  if (!is_gated(p.epilogue)) return first + column;
  const std::int32_t gate = first / 2 + column / 16 * 8 + column % 8;
  const std::int32_t half = p.outputs / 2;
  if (gate >= half) return p.outputs;  // none
  return column / 8 % 2 == 0 ? gate : half + gate;
}

/// Brings a thread's share of the stages. Copies of one step make one group.
template <class Tile>
struct GemmLoader {
  using Store = Storage<Tile::kType>;
  static constexpr std::int32_t kNone = -1;

  const Product& p;
  std::byte* x_tiles;
  std::byte* weight_tiles;
  std::byte* decoded;
  const std::byte* weights;  // of the expert
  const std::byte* scales;
  const std::byte* x_units[Tile::kXLoads];  // of the row that is copied, and of step 0
  bool has_x[Tile::kXLoads];
  // Offsets take half the registers of pointers.
  std::uint32_t weight_rows[Tile::kWeightLoads];  // units of 16 bytes
  std::int32_t scale_rows[Tile::kWeightLoads];    // bytes, of mxfp4; kNone: no such output
  std::uint32_t exponents[Tile::kWeightLoads];    // of the step that is decoded next

  __device__ explicit GemmLoader(const Product& product) : p(product) {
    x_tiles = shared_memory();
    weight_tiles = x_tiles + Tile::kStages * Tile::kXBytes;
    decoded = weight_tiles + Tile::kStages * Tile::kWeightBytes;
  }
  __device__ static std::int32_t load_number(int i) {
    return static_cast<std::int32_t>(threadIdx.x) + i * Tile::kThreads;
  }
  __device__ void choose_weights(std::int32_t expert, std::int32_t first_output) {
    weights = p.weights + expert * p.expert_bytes;
    scales = p.scales + expert * p.expert_scale_bytes;
#pragma unroll
    for (int i = 0; i < Tile::kWeightLoads; ++i) {
      const std::int32_t load = load_number(i);
      const std::int32_t output = block_output(p, first_output, load / Tile::kRowUnits);
      const bool exists = output < p.outputs;
      weight_rows[i] = static_cast<std::uint32_t>(min(output, p.outputs - 1) * (p.row_bytes / 16));
      scale_rows[i] = exists ? output * static_cast<std::int32_t>(p.scale_stride) : kNone;
    }
  }
  __device__ void choose_rows(const RowTile& tile) {
#pragma unroll
    for (int i = 0; i < Tile::kXLoads; ++i) {
      const std::int32_t load = load_number(i);
      const BlockRow row = block_row(p, load / 8);
      has_x[i] = row.row < tile.rows;
      const std::int64_t offset = has_x[i] ? x_offset(p, tile.first_row + row.row) : 0;
      x_units[i] = (row.is_remainder ? p.remainder : p.x) + offset * 2 + load % 8 * 16;
    }
  }
  __device__ void bring_weights(std::int32_t step, std::int32_t slot) {
    const std::int32_t unit = load_number(0) % Tile::kRowUnits;
    const std::int32_t at = step * Tile::kRowUnits + unit;
    const bool inside = at * 16 < static_cast<std::int32_t>(p.row_bytes);
    std::byte* tile = weight_tiles + slot * Tile::kWeightBytes;
    std::byte* to = Store::kRaw ? tile + load_number(0) * 16
                                : tile_unit(tile, load_number(0) / Tile::kRowUnits, unit);
#pragma unroll
    for (int i = 0; i < Tile::kWeightLoads; ++i) {
      const bool exists = inside && scale_rows[i] != kNone;
      const std::uint32_t from = weight_rows[i] + static_cast<std::uint32_t>(at);
      copy_async_16(to + i * Tile::kThreads * 16, weights + std::int64_t{exists ? from : 0} * 16,
                    exists);
    }
  }
  __device__ void bring_x(std::int32_t step, std::int32_t slot) {
    const std::int32_t unit = load_number(0) % 8;
    const bool inside = step * kGemmStep + unit * 8 < p.inputs;
    std::byte* to = tile_unit(x_tiles + slot * Tile::kXBytes, load_number(0) / 8, unit);
#pragma unroll
    for (int i = 0; i < Tile::kXLoads; ++i) {
      const bool exists = inside && has_x[i];
      copy_async_16(to + i * Tile::kThreads * 16, exists ? x_units[i] + step * kGemmRowBytes : p.x,
                    exists);
    }
  }
  /// Behind the last input a row of x holds anything. Of the thread's own copies.
  __device__ void clear_end_of_x(std::int32_t step, std::int32_t slot) {
    std::byte* tile = x_tiles + slot * Tile::kXBytes;
    const std::int32_t end = p.inputs - step * kGemmStep;
#pragma unroll 1
    for (int i = 0; i < Tile::kXLoads; ++i) {
      const std::int32_t load = load_number(i);
      if (load % 8 != end / 8) continue;
      auto* unit = reinterpret_cast<std::uint16_t*>(tile_unit(tile, load / 8, load % 8));
      for (std::int32_t e = end % 8; e < 8; ++e) unit[e] = 0;
    }
  }
  __device__ void fetch_exponents(std::int32_t step) {
    if constexpr (Tile::kType == MatrixType::mxfp4) {
#pragma unroll
      for (int i = 0; i < Tile::kWeightLoads; ++i) {
        const std::int32_t group = step * Tile::kRowUnits + load_number(i) % Tile::kRowUnits;
        const bool exists = scale_rows[i] != kNone && group < p.inputs / kMxfp4ScaleGroup;
        exponents[i] = exists ? static_cast<std::uint32_t>(scales[scale_rows[i] + group]) : 0U;
      }
    }
  }
  /// Of the thread's own loads, which have arrived.
  __device__ void decode(std::int32_t step, std::int32_t slot) {
    const std::byte* tile = weight_tiles + slot * Tile::kWeightBytes;
    std::byte* to = decoded + step % 2 * Tile::kDecodedBytes;
#pragma unroll
    for (int i = 0; i < Tile::kWeightLoads; ++i) {
      const std::int32_t load = load_number(i);
      const uint4 raw = *reinterpret_cast<const uint4*>(tile + load * 16);
#pragma unroll
      for (int e = 0; e < Store::kEights; ++e) {
        std::uint32_t pairs[4];
        decode_eight<Tile::kType>(raw, e, exponents[i], pairs);
        const std::int32_t unit = load % Tile::kRowUnits * Store::kEights + e;
        *reinterpret_cast<uint4*>(tile_unit(to, load / Tile::kRowUnits, unit)) =
            make_uint4(pairs[0], pairs[1], pairs[2], pairs[3]);
      }
    }
  }
};

/// Sums of one warp.
template <class Tile>
using GemmSums = float[Tile::kDown16][Tile::kAcross8][4];

/// Where a warp's part of the block begins.
template <class Tile>
__device__ inline std::int32_t warp_row() {
  return static_cast<std::int32_t>(threadIdx.x) / kWarp / Tile::kAcross * Tile::kDown16 * 16;
}
template <class Tile>
__device__ inline std::int32_t warp_column() {
  return static_cast<std::int32_t>(threadIdx.x) / kWarp % Tile::kAcross * Tile::kAcross8 * 8;
}

/// sums += x tile * weight tile, over the inputs of one stage.
template <class Tile>
__device__ inline void multiply_stage(std::byte* x_tile, std::byte* weight_tile,
                                      GemmSums<Tile>& sums) {
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
  const std::int32_t x_row = warp_row<Tile>() + lane % 16;
  const std::int32_t weight_row = warp_column<Tile>() + lane / 16 * 8 + lane % 8;
#pragma unroll
  for (int k = 0; k < kGemmStep / 16; ++k) {
    std::uint32_t left[Tile::kDown16][4];
    std::uint32_t right[Tile::kAcross8 / 2][4];
#pragma unroll
    for (int i = 0; i < Tile::kDown16; ++i) {
      load_tiles(left[i], tile_unit(x_tile, x_row + i * 16, k * 2 + lane / 16));
    }
#pragma unroll
    for (int j = 0; j < Tile::kAcross8 / 2; ++j) {
      load_tiles(right[j], tile_unit(weight_tile, weight_row + j * 16, k * 2 + lane / 8 % 2));
    }
#pragma unroll
    for (int i = 0; i < Tile::kDown16; ++i) {
#pragma unroll
      for (int j = 0; j < Tile::kAcross8 / 2; ++j) {
        mma_bf16(sums[i][2 * j], left[i], {right[j][0], right[j][1]});
        mma_bf16(sums[i][2 * j + 1], left[i], {right[j][2], right[j][3]});
      }
    }
  }
}

/// The scales of int8 and fp8 for the columns whose sums a thread has.
template <class Tile>
struct GemmScales {
  float factors[Tile::kAcross8][2];

  __device__ void fetch(const Product& p, std::int32_t expert, std::int32_t first_output,
                        std::int32_t group) {
    const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
    const std::byte* scales = p.scales + expert * p.expert_scale_bytes;
#pragma unroll
    for (int j = 0; j < Tile::kAcross8; ++j) {
#pragma unroll
      for (int c = 0; c < 2; ++c) {
        const std::int32_t column = warp_column<Tile>() + j * 8 + lane % 4 * 2 + c;
        const std::int32_t output = min(block_output(p, first_output, column), p.outputs - 1);
        factors[j][c] = reinterpret_cast<const float*>(scales + output * p.scale_stride)[group];
      }
    }
  }
  /// sums += of_group * scales; of_group = 0.
  __device__ void fold(GemmSums<Tile>& of_group, GemmSums<Tile>& sums) const {
#pragma unroll
    for (int i = 0; i < Tile::kDown16; ++i) {
#pragma unroll
      for (int j = 0; j < Tile::kAcross8; ++j) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          sums[i][j][e] = fmaf(of_group[i][j][e], factors[j][e % 2], sums[i][j][e]);
          of_group[i][j][e] = 0.0F;
        }
      }
    }
  }
};

template <class Tile>
__device__ inline void finish_gemm(const Product& p, const RowTile& tile, std::int32_t first_output,
                                   const GemmSums<Tile>& sums, float* partial) {
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
  const bool gated = is_gated(p.epilogue) && partial == nullptr;
#pragma unroll
  for (int i = 0; i < Tile::kDown16; ++i) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const BlockRow at = block_row(p, warp_row<Tile>() + i * 16 + lane / 4 + e / 2 * 8);
      if (at.is_remainder || at.row >= tile.rows) continue;
      const std::int32_t row = tile.first_row + at.row;
#pragma unroll
      for (int j = 0; j < Tile::kAcross8; ++j) {
        const std::int32_t column = warp_column<Tile>() + j * 8 + lane % 4 * 2 + e % 2;
        const std::int32_t output = block_output(p, first_output, column);
        if (output >= p.outputs || (gated && j % 2 == 1)) continue;
        // Where j or i is odd, the neighbour's index only keeps inside: its sum is not used.
        const int up = j | 1;
        const int remainder = i | 1;
        float sum = sums[i][j][e];
        float up_sum = sums[i][up][e];
        if (p.remainder != nullptr) {
          sum += sums[remainder][j][e];
          up_sum += sums[remainder][up][e];
        }
        if (partial != nullptr) {
          partial[static_cast<std::int64_t>(row) * p.outputs + output] = sum;
        } else if (gated) {
          finish_gated(p, tile.expert, row, output, sum, up_sum);
        } else {
          finish(p, tile.expert, row, output, sum);
        }
      }
    }
  }
}

/// Block (x, y, z): row tile x, Tile::kOutputs outputs, part z of the inputs.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    gemm_kernel(Product p, PartialSums parts) {
  const std::int32_t first_output = static_cast<std::int32_t>(blockIdx.y) * Tile::kOutputs;
  const std::int32_t all_steps = (p.inputs + kGemmStep - 1) / kGemmStep;
  const std::int32_t begin = static_cast<std::int32_t>(blockIdx.z) * parts.steps_of_part;
  const std::int32_t end = min(begin + parts.steps_of_part, all_steps);
  const std::int32_t tile_rows = p.remainder == nullptr ? Tile::kRows : Tile::kRows / 2;
  GemmLoader<Tile> loader(p);
  RowTile tile{0, 0, 0};
  if (p.first != nullptr) {
    wait_for_previous();
    tile = expert_row_tile(p, static_cast<std::int32_t>(blockIdx.x), tile_rows);
    if (tile.rows == 0) return;
  }
  loader.choose_weights(tile.expert, first_output);
  for (int i = 0; i < Tile::kStages - 1; ++i) {
    if (begin + i < end) loader.bring_weights(begin + i, i);
  }
  wait_for_previous();
  let_next_begin();
  if (p.first == nullptr) tile = row_tile(p, static_cast<std::int32_t>(blockIdx.x), tile_rows);
  loader.choose_rows(tile);
  for (int i = 0; i < Tile::kStages - 1; ++i) {
    if (begin + i < end) loader.bring_x(begin + i, i);
    copy_async_commit();
  }
  loader.fetch_exponents(begin);

  GemmSums<Tile> sums = {};
  GemmSums<Tile> of_group = {};  // without scales of sums the compiler drops these two
  GemmScales<Tile> scales;
  std::int32_t slot = 0;
  std::int32_t free_slot = Tile::kStages - 1;
  for (std::int32_t s = begin; s < end; ++s) {
    copy_async_wait<Tile::kStages - 2>();
    if (p.inputs % 8 != 0 && s + 1 == all_steps) loader.clear_end_of_x(s, slot);
    if constexpr (Tile::Store::kRaw) loader.decode(s, slot);
    __syncthreads();
    if (s + Tile::kStages - 1 < end) {
      loader.bring_weights(s + Tile::kStages - 1, free_slot);
      loader.bring_x(s + Tile::kStages - 1, free_slot);
    }
    copy_async_commit();
    if (s + 1 < end) loader.fetch_exponents(s + 1);
    std::byte* x_tile = loader.x_tiles + slot * Tile::kXBytes;
    std::byte* weight_tile = Tile::Store::kRaw ? loader.decoded + s % 2 * Tile::kDecodedBytes
                                               : loader.weight_tiles + slot * Tile::kWeightBytes;
    if constexpr (Tile::Store::kScalesSums) {
      constexpr int kStepsOfGroup = kScaleGroup / kGemmStep;
      if (s % kStepsOfGroup == 0) scales.fetch(p, tile.expert, first_output, s / kStepsOfGroup);
      multiply_stage<Tile>(x_tile, weight_tile, of_group);
      if (s % kStepsOfGroup == kStepsOfGroup - 1 || s + 1 == end) scales.fold(of_group, sums);
    } else {
      multiply_stage<Tile>(x_tile, weight_tile, sums);
    }
    free_slot = slot;
    slot = slot + 1 == Tile::kStages ? 0 : slot + 1;
  }
  float* partial = nullptr;
  if (parts.sums != nullptr) {
    partial = parts.sums + static_cast<std::int64_t>(blockIdx.z) * p.rows * p.outputs;
  }
  finish_gemm<Tile>(p, tile, first_output, sums, partial);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
