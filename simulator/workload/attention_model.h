// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/params.h"
#include "base/rng.h"

namespace pagequest::simulator {

/// What a decode step attends to, for loads without recorded attention. What each number rests on
/// is in the help of its parameter (attention_param_specs).
struct AttentionParams {
  double sink_share;
  double recent_share;  // the rest goes to heavy hitters
  double recency_exponent;
  double weight_sigma;
  double gap_median_steps;
  double gap_sigma;
  double burst_steps;
  std::int32_t every_steps;
  std::int32_t prefill_rows;
  std::int32_t heads;
};

[[nodiscard]] std::span<const ParamSpec> attention_param_specs();
/// `given` as typed by a user. Throws usage_error: unknown parameter, a value out of range, shares
/// that sum to more than 1.
[[nodiscard]] AttentionParams attention_params(
    const std::map<std::string, std::string>& given = {});

/// Attention of one head of one sequence over the pages of its cache: a share on the first
/// page (attention sinks), a power law over the distance in pages, and heavy hitters: pages with
/// log-normal weights that are attended to in bursts between log-normal silences. Masses of pages
/// that are gone are spread over the others as a softmax would.
///
/// A page's weight and bursts depend on (seed, page) and the count of decode steps only, so
/// policies are compared on the same attention.
class AttentionModel {
 public:
  AttentionModel(const AttentionParams& params, std::uint64_t seed);

  /// Mass of each of `pages` (ascending, not empty; the last is the one that is being written), at
  /// a step with so many decode steps before it. Sums to 1. Steps may not go back. Valid until the
  /// next call.
  [[nodiscard]] std::span<const float> masses(std::span<const std::int32_t> pages,
                                              std::int64_t decode_steps);

 private:
  struct Page {
    Rng rng;
    double weight;
    std::int64_t next_change;  // decode steps
    bool active;
  };
  void add_pages(std::int32_t count, std::int64_t decode_steps);
  [[nodiscard]] bool is_active(Page& page, std::int64_t decode_steps) const;

  AttentionParams params_;
  std::uint64_t seed_;
  double heavy_unit_;              // mass of weight 1 in one page of context
  std::vector<Page> pages_;        // (page)
  std::vector<double> power_;      // (distance in pages)
  std::vector<double> power_sum_;  // (distance): up to and with it
  std::vector<double> raw_;
  std::vector<float> masses_;
};

}  // namespace pagequest::simulator
