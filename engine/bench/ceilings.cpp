// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/ceilings.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine/ops/cpu/isa.h"

namespace pagequest::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kAlignment = 4096;
constexpr std::size_t kResultStride = 64;  // floats: no two threads write one cache line

/// `kSums` independent multiply-add chains keep every unit busy; returns operations done.
template <class Vector, int kSums>
inline __attribute__((always_inline)) double multiply_add(std::int64_t rounds, float* out) {
  Vector sums[kSums];
#pragma GCC unroll 32
  for (int i = 0; i < kSums; ++i) sums[i] = Vector{} + static_cast<float>(i);
  const Vector factor = Vector{} + 0.5F;
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * factor + factor;
  }
  Vector total{};
#pragma GCC unroll 32
  for (int i = 0; i < kSums; ++i) total += sums[i];
  *out = total[0];
  return 2.0 * kSums * static_cast<double>(rounds) * sizeof(Vector) / sizeof(float);
}

#if defined(__x86_64__)
typedef float Vector16 __attribute__((vector_size(64)));
typedef float Vector8 __attribute__((vector_size(32)));
__attribute__((target("avx512f"))) double multiply_add_avx512(std::int64_t rounds, float* out) {
  return multiply_add<Vector16, 24>(rounds, out);
}
__attribute__((target("avx2,fma"))) double multiply_add_avx2(std::int64_t rounds, float* out) {
  return multiply_add<Vector8, 12>(rounds, out);
}

__attribute__((target("avx512f,avx512bf16"))) double dot_bf16(std::int64_t rounds, float* out) {
  constexpr int kSums = 24;
  __m512 sums[kSums];
#pragma GCC unroll 32
  for (int i = 0; i < kSums; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512bh factor = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5F), _mm512_set1_ps(0.25F));
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (auto& sum : sums) sum = _mm512_dpbf16_ps(sum, factor, factor);
  }
#pragma GCC unroll 32
  for (const auto& sum : sums) sums[0] = _mm512_add_ps(sums[0], sum);
  *out = _mm512_cvtss_f32(sums[0]);
  constexpr double kOperations = 2.0 * sizeof(__m512bh) / 2;
  return kOperations * kSums * static_cast<double>(rounds);
}
#endif
typedef float Vector4 __attribute__((vector_size(16)));

double multiply_add_best(std::int64_t rounds, float* out) {
#if defined(__x86_64__)
  if (ops::best_isa() >= ops::Isa::avx512) return multiply_add_avx512(rounds, out);
  if (ops::best_isa() == ops::Isa::avx2) return multiply_add_avx2(rounds, out);
#endif
  return multiply_add<Vector4, 12>(rounds, out);
}

/// Eight vectors a round, each into a sum of its own: what is left is the reading.
template <class Vector>
inline __attribute__((always_inline)) void sum_all(const std::byte* data, std::int64_t bytes,
                                                   float* out) {
  constexpr int kSums = 8;
  const auto* vectors = reinterpret_cast<const Vector*>(data);
  Vector sums[kSums] = {};
  for (std::int64_t i = 0; i < bytes / static_cast<std::int64_t>(sizeof(Vector)); i += kSums) {
#pragma GCC unroll 8
    for (int j = 0; j < kSums; ++j) sums[j] += vectors[i + j];
  }
  Vector total{};
#pragma GCC unroll 8
  for (int j = 0; j < kSums; ++j) total += sums[j];
  *out += total[0];
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) void sum_all_avx512(const std::byte* data, std::int64_t bytes,
                                                       float* out) {
  sum_all<Vector16>(data, bytes, out);
}
__attribute__((target("avx2"))) void sum_all_avx2(const std::byte* data, std::int64_t bytes,
                                                  float* out) {
  sum_all<Vector8>(data, bytes, out);
}
#endif

void sum_all_best(const std::byte* data, std::int64_t bytes, float* out) {
#if defined(__x86_64__)
  if (ops::best_isa() >= ops::Isa::avx512) return sum_all_avx512(data, bytes, out);
  if (ops::best_isa() == ops::Isa::avx2) return sum_all_avx2(data, bytes, out);
#endif
  sum_all<Vector4>(data, bytes, out);
}

/// Work per second of `threads` threads that each call work(thread), best of twenty short ones.
template <class Work>
double best_rate(int threads, const Work& work) {
  double best = 0.0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::vector<double> done(static_cast<std::size_t>(threads));
    const auto begin = Clock::now();
    {
      std::vector<std::jthread> others;
      for (int t = 0; t < threads; ++t) {
        others.emplace_back([&, t] { done[static_cast<std::size_t>(t)] = work(t); });
      }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    double total = 0.0;
    for (const double part : done) total += part;
    best = std::max(best, total / seconds);
  }
  return best;
}

}  // namespace

double peak_gflops(int threads) {
  constexpr std::int64_t kRounds = 1'000'000;
  std::vector<float> results(static_cast<std::size_t>(threads) * kResultStride);
  return 1e-9 * best_rate(threads, [&](int t) {
           return multiply_add_best(kRounds, &results[static_cast<std::size_t>(t) * kResultStride]);
         });
}

double peak_bf16_gflops(int threads) {
#if defined(__x86_64__)
  if (ops::best_isa() == ops::Isa::avx512_bf16) {
    constexpr std::int64_t kRounds = 500'000;
    std::vector<float> results(static_cast<std::size_t>(threads) * kResultStride);
    return 1e-9 * best_rate(threads, [&](int t) {
             return dot_bf16(kRounds, &results[static_cast<std::size_t>(t) * kResultStride]);
           });
  }
#endif
  return peak_gflops(threads);
}

ReadProbe::ReadProbe(int threads, std::int64_t bytes) : pool_(threads) {
  constexpr std::int64_t kLargestPart = std::int64_t{2} << 20;
  const std::int64_t share = std::max<std::int64_t>(1, bytes / threads / kAlignment) * kAlignment;
  part_ = std::min(share, kLargestPart);
  parts_ = share / part_ * threads;
  data_ = ops::HugeBuffer(parts_ * part_);
  std::fill_n(data_.data(), data_.size(), std::byte{0});  // or it would have no memory
  results_.resize(static_cast<std::size_t>(threads) * kResultStride);
}

double ReadProbe::pass() {
  const auto begin = Clock::now();
  pool_.run(parts_, [this](std::int64_t part, std::int64_t worker) {
    sum_all_best(data_.data() + part * part_, part_,
                 &results_[static_cast<std::size_t>(worker) * kResultStride]);
  });
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return 1e-9 * static_cast<double>(data_.size()) / seconds;
}

double peak_read_gbps(int threads, double bytes) {
  constexpr double kLeastBytes = 1e8;  // of one measurement
  const int passes = 1 + static_cast<int>(kLeastBytes / bytes);
  ReadProbe probe(threads, static_cast<std::int64_t>(bytes));
  double best = 0.0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    double inverse = 0.0;
    for (int i = 0; i < passes; ++i) inverse += 1 / probe.pass();
    best = std::max(best, passes / inverse);
  }
  return best;
}

}  // namespace pagequest::bench
