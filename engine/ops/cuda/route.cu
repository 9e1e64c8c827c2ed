// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/ptx.cuh"

/// Which experts each row goes through (runtime/experts.cpp is the twin on the processor), and the
/// rows sorted by expert.
namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / kWarp;
constexpr int kPerLane = 16;  // experts of a lane: lane, lane + 32, ...
constexpr int kMostExperts = kPerLane * kWarp;
constexpr int kSortThreads = kMostExperts;

/// The experts of one lane. NaN counts as the least.
struct Candidates {
  float logits[kPerLane];
  std::uint32_t taken = 0;  // bit j: lane + 32 j is chosen
};

__device__ inline Candidates load(const float* logits, int experts) {
  Candidates all;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int j = 0; j < kPerLane; ++j) {
    const int expert = lane + j * kWarp;
    const float logit = expert < experts ? logits[expert] : -INFINITY;
    all.logits[j] = logit == logit ? logit : -INFINITY;
  }
  return all;
}

/// The largest logit that is not taken, the lowest expert among equals; every lane gets both.
__device__ inline int take_best(Candidates& all, int experts, float& logit) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float best = -INFINITY;
  int expert = kMostExperts;
#pragma unroll
  for (int j = 0; j < kPerLane; ++j) {
    const int number = lane + j * kWarp;
    const bool open = number < experts && (all.taken >> j & 1U) == 0;
    if (open && (expert == kMostExperts || all.logits[j] > best)) {
      best = all.logits[j];
      expert = number;
    }
  }
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) {
    const float other = __shfl_xor_sync(kAllLanes, best, step);
    const int number = __shfl_xor_sync(kAllLanes, expert, step);
    const bool better = number < kMostExperts && (expert == kMostExperts || other > best ||
                                                  (other == best && number < expert));
    if (better) {
      best = other;
      expert = number;
    }
  }
  if (expert % kWarp == lane) all.taken |= 1U << (expert / kWarp);
  logit = best;
  return expert;
}

__device__ inline float warp_total(float x) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAllLanes, x, step);
  return x;
}

/// Sum of the exponentials of the chosen experts, or of all.
__device__ inline float exponentials(const RouteArgs& args, const Candidates& all,
                                     const float* logits, float largest) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float sum = 0.0F;
#pragma unroll
  for (int j = 0; j < kPerLane; ++j) {
    const int expert = lane + j * kWarp;
    const bool counts = !args.normalise_weights || (all.taken >> j & 1U) != 0;
    if (expert < args.experts && counts) sum += expf(logits[expert] - largest);
  }
  return warp_total(sum);
}

/// A warp for each row.
__global__ void __launch_bounds__(kThreads) choose_kernel(RouteArgs args) {
  wait_for_previous();
  let_next_begin();
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const std::int64_t row =
      std::int64_t{blockIdx.x} * kWarps + static_cast<int>(threadIdx.x) / kWarp;
  if (row >= args.rows) return;
  const float* logits = args.logits + row * args.stride;
  Candidates all = load(logits, args.experts);
  float largest = 0.0F;
  const int first = take_best(all, args.experts, largest);
  for (int slot = 1; slot < args.experts_per_token; ++slot) {
    float logit = 0.0F;
    take_best(all, args.experts, logit);
  }
  const float reference = logits[first];  // NaN spoils the weights, as on the processor
  const float total = exponentials(args, all, logits, reference);
  std::int64_t slot = row * args.experts_per_token;
#pragma unroll
  for (int j = 0; j < kPerLane; ++j) {
    const bool mine = (all.taken >> j & 1U) != 0;
    const unsigned chosen = __ballot_sync(kAllLanes, mine ? 1 : 0);
    if (mine) {
      const int expert = lane + j * kWarp;
      const std::int64_t at = slot + __popc(chosen & ((1U << lane) - 1U));
      args.chosen[at] = expert;
      args.weights[at] = expf(logits[expert] - reference) / total;
    }
    slot += __popc(chosen);
  }
}

/// One block; a thread for each expert goes through all slots: a counting sort that keeps the order
/// of rows.
__global__ void __launch_bounds__(kSortThreads) sort_kernel(RouteArgs args) {
  __shared__ std::int32_t counts[kMostExperts];
  wait_for_previous();
  let_next_begin();
  const auto expert = static_cast<std::int32_t>(threadIdx.x);
  const std::int64_t slots = args.rows * args.experts_per_token;
  std::int32_t count = 0;
  for (std::int64_t i = 0; i < slots; ++i) count += args.chosen[i] == expert ? 1 : 0;
  counts[expert] = count;
  __syncthreads();
  std::int32_t before = 0;
  for (std::int32_t e = 0; e < expert; ++e) before += counts[e];
  if (expert < args.experts) args.first[expert] = before;
  if (expert + 1 == args.experts) args.first[args.experts] = before + count;
  if (count == 0) return;
  for (std::int64_t i = 0; i < slots; ++i) {
    if (args.chosen[i] != expert) continue;
    args.place[i] = before;
    args.source[before++] = static_cast<std::int32_t>(i / args.experts_per_token);
  }
}

}  // namespace

void route(const RouteArgs& args, const Stream& stream) {
  PQ_CHECK(args.experts <= kMostExperts, "at most 512 experts");
  launch(&choose_kernel,
         {.grid = dim3(static_cast<unsigned>((args.rows + kWarps - 1) / kWarps)),
          .block = dim3(kThreads)},
         stream, args);
  const int threads = (args.experts + kWarp - 1) / kWarp * kWarp;
  launch(&sort_kernel,
         {.grid = dim3(args.rows > 0 ? 1 : 0), .block = dim3(static_cast<unsigned>(threads))},
         stream, args);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
