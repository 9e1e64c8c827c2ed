// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulator/cost/cost_coefficients.h"
#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

/// Seconds of one matrix product, see ProductEfficiency; constants are taken once.
class ProductTime {
 public:
  ProductTime() = default;
  /// Of `outputs` x `inputs` weights.
  ProductTime(const GpuSpec& gpu, const ProductEfficiency& kernel, double peak_flops,
              const CostCoefficients& coefficients, double outputs, double inputs,
              double bytes_per_weight);

  [[nodiscard]] double seconds(double tokens) const;

 private:
  double floor_ = 0.0;
  double read_ = 0.0;
  double tile_ = 1.0;
  double compute_per_row_ = 0.0;
  double tail_ = 0.0;
  double traffic_per_token_ = 0.0;
};

/// Seconds of the experts of one layer: three products' floors, the weights of the experts that
/// the batch touches, and the FLOPs of the experts that each token goes through.
class ExpertTime {
 public:
  ExpertTime() = default;
  /// `weights`: of one expert on one GPU.
  ExpertTime(const GpuSpec& gpu, const ModelSpec& model, const ProductEfficiency& kernel,
             const CostCoefficients& coefficients, double weights);

  /// Experts that `tokens` tokens touch with uniform routing to k of E: E (1 - (1 - k/E)^tokens).
  [[nodiscard]] double touched(double tokens) const;
  [[nodiscard]] double seconds(double tokens) const;

 private:
  double experts_ = 1.0;
  double log_missed_ = 0.0;  // of the chance that a token misses an expert
  double floor_ = 0.0;
  double read_per_expert_ = 0.0;
  double compute_per_token_ = 0.0;
};

/// Seconds of decode attention in a number of equal layers, as the three lines in cached tokens
/// read that DecodeAttentionEfficiency describes: the greater of `sequence` and the lesser of the
/// other two.
class DecodeAttentionTime {
 public:
  struct Line {
    double base = 0.0;
    double per_read = 0.0;
    [[nodiscard]] double at(double reads) const { return base + per_read * reads; }
  };
  struct Lines {
    Line ramp;
    Line full;
    Line sequence;  // in tokens that the longest sequence reads
    [[nodiscard]] double seconds(double reads, double longest) const;
  };

  DecodeAttentionTime() = default;
  DecodeAttentionTime(const GpuSpec& gpu, const DecodeAttentionEfficiency& kernel,
                      const CostCoefficients& coefficients, double layers, double kv_heads,
                      double bytes_per_token);

  /// A batch of `sequences` that is computed in `micro_batches` parts at once (pipeline).
  [[nodiscard]] Lines lines(double sequences, double micro_batches) const;
  [[nodiscard]] double skew() const { return skew_; }

 private:
  double floor_ = 0.0;
  double per_head_ = 0.0;
  double kv_heads_ = 0.0;
  double free_heads_ = 0.0;
  double ramp_per_read_ = 0.0;
  double ramp_ = 0.0;
  double full_per_read_ = 0.0;
  double sequence_per_read_ = 0.0;
  double skew_ = 0.0;
};

/// Seconds of prefill attention of one layer.
class PrefillAttentionTime {
 public:
  PrefillAttentionTime() = default;
  PrefillAttentionTime(const GpuSpec& gpu, const CostCoefficients& coefficients, double query_heads,
                       double kv_heads, double head_dim);
  [[nodiscard]] double seconds(double pairs, double tokens) const {
    return floor_ + per_pair_ * (pairs + diagonal_keys_ * tokens) + per_token_ * tokens;
  }

 private:
  double floor_ = 0.0;
  double per_pair_ = 0.0;
  double diagonal_keys_ = 0.0;
  double per_token_ = 0.0;
};

/// Seconds of one all-reduce over `gpus`; one GPU: none.
class AllReduceTime {
 public:
  AllReduceTime() = default;
  AllReduceTime(const GpuSpec& gpu, const CostCoefficients& coefficients, double gpus);
  [[nodiscard]] double seconds(double bytes) const;

 private:
  double one_shot_ = 0.0;
  double one_shot_per_byte_ = 0.0;
  double ring_ = 0.0;
  double ring_per_byte_ = 0.0;
};

}  // namespace pagequest::simulator
