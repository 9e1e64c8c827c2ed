// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/attention_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "base/check.h"
#include "engine/kv/policies/param_ranges.h"
#include "simulator/workload/log_normal.h"

namespace pagequest::simulator {
namespace {

constexpr std::uint64_t kPageStream = 0x70616765ULL;

constexpr std::array kSpecs{
    ParamSpec{"sink_share", 0.3,
              "mass on the first page; assumption: StreamingLLM (arXiv 2309.17453) finds most of "
              "the mass there in most layers, but a policy sees the mean over heads"},
    ParamSpec{"recent_share", 0.4, "mass of the power law over distances; assumption"},
    ParamSpec{"recency_exponent", 1.0,
              "of the power law, mass ~ (1 + pages back)^-exponent; assumption"},
    ParamSpec{"weight_sigma", 1.5,
              "of the logarithm of a page's weight; assumption (heavy hitters: H2O, arXiv "
              "2306.14048, section 3)"},
    ParamSpec{"gap_median_steps", 60.0,
              "median silence of a page between bursts, decode steps; assumption, see gap_sigma"},
    ParamSpec{"gap_sigma", 1.27,
              "of its logarithm: 80 % of the silences below 175 steps, the 80th percentile of the "
              "recurrence interval of Qwen-7B on MATH-500 (LazyEviction, arXiv 2506.15969)"},
    ParamSpec{"burst_steps", 16.0, "length of a burst, decode steps; assumption"},
    ParamSpec{"attention_every_steps", std::int64_t{16},
              "decode steps that one row of attention stands for; for speed"},
    ParamSpec{"prefill_rows", std::int64_t{32},
              "last queries of a prefill that are averaged: SnapKV's observation window (arXiv "
              "2404.14469)"},
    ParamSpec{"heads", std::int64_t{1},
              "KV heads with heavy hitters of their own, independent: more than 1 shows what is "
              "kept in all when each head chooses for itself; 1: all alike; assumption"}};

constexpr std::string_view kOwner = "attention model";

}  // namespace

std::span<const ParamSpec> attention_param_specs() { return kSpecs; }

AttentionParams attention_params(const std::map<std::string, std::string>& given) {
  const Params params(kOwner, kSpecs, given);
  const auto real = [&](std::string_view name, double least, double most) {
    return kv::real_in(params, kOwner, name, least, most);
  };
  const auto whole = [&](std::string_view name, std::int64_t most = 1'000'000) {
    return kv::integer_in(params, kOwner, name, 1, most);
  };
  const double sinks = real("sink_share", 0.0, 1.0);
  return {.sink_share = sinks,
          .recent_share = real("recent_share", 0.0, 1.0 - sinks),
          .recency_exponent = real("recency_exponent", 0.0, 10.0),
          .weight_sigma = real("weight_sigma", 0.0, 5.0),
          .gap_median_steps = real("gap_median_steps", 1.0, 1e9),
          .gap_sigma = real("gap_sigma", 0.0, 5.0),
          .burst_steps = real("burst_steps", 1.0, 1e9),
          .every_steps = whole("attention_every_steps"),
          .prefill_rows = whole("prefill_rows"),
          .heads = whole("heads", 1024)};
}

AttentionModel::AttentionModel(const AttentionParams& params, std::uint64_t seed)
    : params_(params), seed_(seed ^ kPageStream) {
  const double silence = LogNormal{params.gap_median_steps, params.gap_sigma}.mean();
  const double active = params.burst_steps / (params.burst_steps + silence);
  const double weight = LogNormal{1.0, params.weight_sigma}.mean();
  heavy_unit_ = std::max(0.0, 1.0 - params.sink_share - params.recent_share) / (active * weight);
}

void AttentionModel::add_pages(std::int32_t count, std::int64_t decode_steps) {
  while (std::ssize(pages_) < count) {
    const auto page = static_cast<std::uint64_t>(pages_.size());
    Rng rng(seed_, page);
    const double weight = LogNormal{1.0, params_.weight_sigma}.draw(rng);
    pages_.push_back({.rng = rng, .weight = weight, .next_change = decode_steps, .active = true});
    const double power = std::pow(1.0 + static_cast<double>(page), -params_.recency_exponent);
    power_.push_back(power);
    power_sum_.push_back(power + (page == 0 ? 0.0 : power_sum_.back()));
  }
}

bool AttentionModel::is_active(Page& page, std::int64_t decode_steps) const {
  while (page.next_change <= decode_steps) {
    const LogNormal silence{params_.gap_median_steps, params_.gap_sigma};
    const double span = page.active ? silence.draw(page.rng) : params_.burst_steps;
    page.next_change += std::max<std::int64_t>(1, std::llround(std::min(span, 1e15)));
    page.active = !page.active;
  }
  return page.active;
}

std::span<const float> AttentionModel::masses(std::span<const std::int32_t> pages,
                                              std::int64_t decode_steps) {
  PQ_CHECK(!pages.empty() && pages.front() >= 0, "a step attends to something");
  const std::int32_t count = pages.back() + 1;
  add_pages(count, decode_steps);
  raw_.resize(pages.size());
  const double recent = params_.recent_share / power_sum_[static_cast<std::size_t>(count - 1)];
  const double heavy = heavy_unit_ / count;
  double sum = 0.0;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    Page& page = pages_[static_cast<std::size_t>(pages[i])];
    double mass = recent * power_[static_cast<std::size_t>(count - 1 - pages[i])];
    if (is_active(page, decode_steps)) mass += heavy * page.weight;
    if (pages[i] == 0) mass += params_.sink_share;
    raw_[i] = mass;
    sum += mass;
  }
  masses_.resize(pages.size());
  for (std::size_t i = 0; i < pages.size(); ++i) {
    masses_[i] =
        static_cast<float>(sum > 0.0 ? raw_[i] / sum : 1.0 / static_cast<double>(pages.size()));
  }
  return masses_;
}

}  // namespace pagequest::simulator
