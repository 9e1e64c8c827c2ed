// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The next token of each row (runtime/sampler.h is the twin on the processor). A block for each
// row.
//
// A draw needs the tokens in the order of their probabilities, but never all of them sorted: the
// token at which the cumulated weight reaches a target is found digit by digit, like a radix select
// by weight. Weights are fixed-point numbers, so their sums do not depend on the order of addition.
#include "base/rng.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/ptx.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

using Weight = unsigned long long;

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / kWarp;
constexpr int kDigits = 256;
constexpr double kUnit = 1099511627776.0;  // 2^40: a weight of 1

struct Shared {
  Weight sums[kDigits];
  float logits[kWarps];
  int tokens[kWarps];
  int counts[kThreads];
  Weight below;
  std::uint32_t digit;
  int token;
};

struct Row {
  const float* logits;
  int vocabulary;
  float largest;
  double temperature;
};

/// Larger floats have larger keys; both zeros have the same.
__device__ inline std::uint32_t key_of(float logit) {
  const std::uint32_t bits = __float_as_uint(logit + 0.0F);
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

__device__ inline Weight weight_of(const Row& row, float logit) {
  const double x =
      (static_cast<double>(logit) - static_cast<double>(row.largest)) / row.temperature;
  return static_cast<Weight>(exp(x) * kUnit + 0.5);
}

/// The largest logit and the lowest token that has it; -1 where a logit is not finite.
__device__ inline int most_likely(const Row& row, Shared& shared, float& largest) {
  float best = -INFINITY;
  int token = row.vocabulary;
  bool finite = true;
  for (int i = static_cast<int>(threadIdx.x); i < row.vocabulary; i += kThreads) {
    const float logit = row.logits[i];
    finite = finite && fabsf(logit) < INFINITY;
    if (logit > best || token == row.vocabulary) {
      best = logit;
      token = i;
    }
  }
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) {
    const float other = __shfl_xor_sync(kAllLanes, best, step);
    const int number = __shfl_xor_sync(kAllLanes, token, step);
    if (other > best || (other == best && number < token)) {
      best = other;
      token = number;
    }
  }
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  if (threadIdx.x % kWarp == 0) {
    shared.logits[warp] = best;
    shared.tokens[warp] = token;
  }
  const int broken = __syncthreads_or(finite ? 0 : 1);
  for (int i = 0; i < kWarps; ++i) {
    const bool better =
        shared.logits[i] > best || (shared.logits[i] == best && shared.tokens[i] < token);
    if (!better) continue;
    best = shared.logits[i];
    token = shared.tokens[i];
  }
  largest = best;
  __syncthreads();
  return broken != 0 ? -1 : token;
}

/// Sums of the weights of the tokens whose keys begin with `prefix`, by the next digit.
__device__ inline void sum_digits(const Row& row, Shared& shared, std::uint32_t prefix, int shift) {
  for (int i = static_cast<int>(threadIdx.x); i < kDigits; i += kThreads) shared.sums[i] = 0;
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < row.vocabulary; i += kThreads) {
    const float logit = row.logits[i];
    const std::uint32_t key = key_of(logit);
    if (shift < 24 && key >> (shift + 8) != prefix) continue;
    atomicAdd(&shared.sums[key >> shift & 255U], weight_of(row, logit));
  }
  __syncthreads();
}

/// The digit within which the cumulated weight, from the largest digit down, reaches the target.
__device__ inline void choose_digit(Shared& shared, Weight target) {
  if (threadIdx.x == 0) {
    Weight below = shared.below;
    std::uint32_t digit = kDigits - 1;
    while (digit > 0 && below + shared.sums[digit] < target) below += shared.sums[digit--];
    shared.below = below;
    shared.digit = digit;
  }
  __syncthreads();
}

/// The `rank`-th token (from 0) that has the key.
__device__ inline int token_at(const Row& row, Shared& shared, std::uint32_t key, int rank) {
  const int each = (row.vocabulary + kThreads - 1) / kThreads;
  const int first = static_cast<int>(threadIdx.x) * each;
  const int end = first + each < row.vocabulary ? first + each : row.vocabulary;
  int count = 0;
  for (int i = first; i < end; ++i) count += key_of(row.logits[i]) == key ? 1 : 0;
  shared.counts[threadIdx.x] = count;
  __syncthreads();
  int before = 0;
  for (int i = 0; i < static_cast<int>(threadIdx.x); ++i) before += shared.counts[i];
  if (before <= rank && rank < before + count) {
    for (int i = first; i < end; ++i) {
      if (key_of(row.logits[i]) != key) continue;
      if (before++ == rank) shared.token = i;
    }
  }
  __syncthreads();
  return shared.token;
}

/// The first token, in the order of probabilities (ties: lowest first), at which the cumulated
/// weight reaches `target` > 0; `cumulated`: up to and with it.
__device__ inline int select(const Row& row, Shared& shared, Weight target, Weight& cumulated) {
  if (threadIdx.x == 0) shared.below = 0;
  std::uint32_t prefix = 0;
  for (int shift = 24; shift >= 0; shift -= 8) {
    sum_digits(row, shared, prefix, shift);
    choose_digit(shared, target);
    prefix = prefix << 8U | shared.digit;
  }
  const std::uint32_t bits = (prefix & 0x80000000U) != 0 ? prefix & 0x7fffffffU : ~prefix;
  const Weight weight = weight_of(row, __uint_as_float(bits));
  const Weight missing = target - shared.below;
  const Weight rank = weight == 0 ? 0 : (missing - 1) / weight;
  cumulated = shared.below + (rank + 1) * weight;
  return token_at(row, shared, prefix, static_cast<int>(rank));
}

__device__ inline Weight total_weight(const Row& row, Shared& shared) {
  if (threadIdx.x == 0) shared.sums[0] = 0;
  __syncthreads();
  Weight own = 0;
  for (int i = static_cast<int>(threadIdx.x); i < row.vocabulary; i += kThreads) {
    own += weight_of(row, row.logits[i]);
  }
  atomicAdd(&shared.sums[0], own);
  __syncthreads();
  const Weight total = shared.sums[0];
  __syncthreads();
  return total;
}

__device__ inline int draw(const Row& row, const SamplingView& sampling, Shared& shared) {
  const Weight total = total_weight(row, shared);
  const double wanted = static_cast<double>(sampling.top_p) * static_cast<double>(total);
  Weight target = static_cast<Weight>(ceil(wanted));
  target = target < 1 ? 1 : target > total ? total : target;
  Weight nucleus = 0;
  select(row, shared, target, nucleus);
  __syncthreads();
  Rng rng(sampling.seed, static_cast<std::uint64_t>(sampling.position));
  const auto drawn = static_cast<Weight>(rng.uniform() * static_cast<double>(nucleus));
  Weight cumulated = 0;
  return select(row, shared, drawn + 1 > nucleus ? nucleus : drawn + 1, cumulated);
}

__global__ void __launch_bounds__(kThreads) sample_kernel(SampleArgs args) {
  __shared__ Shared shared;
  wait_for_previous();
  let_next_begin();
  const SamplingView sampling = args.sampling[blockIdx.x];
  Row row{args.logits + std::int64_t{blockIdx.x} * args.stride, args.vocabulary, 0.0F,
          static_cast<double>(sampling.temperature)};
  int token = most_likely(row, shared, row.largest);
  if (token >= 0 && sampling.temperature > 0.0F) token = draw(row, sampling, shared);
  if (threadIdx.x == 0) args.tokens[blockIdx.x] = token;
}

}  // namespace

std::int64_t sample_scratch_bytes(std::int64_t /*rows*/, std::int32_t /*vocabulary*/) { return 0; }

void sample(const SampleArgs& args, const Stream& stream) {
  launch(&sample_kernel, {.grid = dim3(static_cast<unsigned>(args.rows)), .block = dim3(kThreads)},
         stream, args);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
