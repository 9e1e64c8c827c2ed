// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/snap_scores.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "engine/kv/reused_memory.h"

namespace pagequest::kv {
namespace {

struct Preset {
  std::string_view name;
  SnapConfig config;
};

/// official: the class's defaults; official-longbench: the configurations of its evaluation;
/// kvpress: snapkv_press.py (v0.5.4); rkv-decode: the R-KV repository's variant for decoding.
constexpr std::array kPresets = {
    Preset{"kvpress", {64, 5, Pool::average, GroupMass::mean, 0}},
    Preset{"official", {32, 5, Pool::average, GroupMass::mean, 0}},
    Preset{"official-longbench", {32, 7, Pool::max, GroupMass::mean, 0}},
    Preset{"rkv-decode", {8, 7, Pool::max, GroupMass::max, 128}},
};

Pool pool_named(std::string_view name) {
  if (name == "none") return Pool::none;
  if (name == "average") return Pool::average;
  if (name == "max") return Pool::max;
  throw_unknown_name("pooling", name, {"average", "max", "none"});
}

/// Of the values around index i, with a stride of 1; an average counts zeros beyond the ends, as
/// torch's avg_pool1d with padding does, and so it does before a layer's window, where values are
/// below 0.
float pooled(std::span<const float> values, std::size_t i, std::int32_t kernel, Pool pool) {
  const auto half = static_cast<std::size_t>(kernel / 2);
  const std::size_t first = i < half ? 0 : i - half;
  const std::size_t end = std::min(values.size(), i + half + 1);
  float sum = 0.0F;
  float most = 0.0F;
  for (std::size_t at = first; at < end; ++at) {
    sum += std::max(0.0F, values[at]);
    most = std::max(most, values[at]);
  }
  return pool == Pool::average ? sum / static_cast<float>(kernel) : most;
}

}  // namespace

std::span<const ParamSpec> snap_params() {
  static const std::array kSpecs{
      ParamSpec{"preset", std::string("official"),
                "official, official-longbench, kvpress or rkv-decode: what the rest defaults to"},
      ParamSpec{"window", std::int64_t{0}, "observed and kept last tokens of a prompt; 0: preset"},
      ParamSpec{"kernel", std::int64_t{0}, "tokens pooled around each one, odd; 0: preset"},
      ParamSpec{"pool", std::string("preset"), "average, max, none"},
      ParamSpec{kGroupParam, std::string("preset"), kGroupHelp}};
  return kSpecs;
}

SnapConfig snap_config(const Params& params, std::string_view policy) {
  SnapConfig config = entry_named("preset of SnapKV", params.text("preset"), kPresets).config;
  const std::int32_t window = integer_in(params, policy, "window", 0, 1 << 16);
  const std::int32_t kernel = integer_in(params, policy, "kernel", 0, 255);
  if (window > 0) config.window = window;
  if (kernel > 0) config.kernel = kernel | 1;
  if (params.text("pool") != "preset") config.pool = pool_named(params.text("pool"));
  if (params.text(kGroupParam) != "preset") {
    config.group = group_mass_named(params.text(kGroupParam));
  }
  return config;
}

SnapPolicy::SnapPolicy(const SnapConfig& config, const PolicyContext& context)
    : AttentionPolicy({.sharing = Sharing::head,
                       .group = config.group,
                       // Behind a prefill there is the first decoded token besides the window.
                       .recent_tokens = config.window + (config.every_tokens == 0 ? 1 : 0),
                       .protect_prompt = false},
                      context),
      config_(config) {}

bool SnapPolicy::decides(const StepEnd& step) const {
  if (config_.every_tokens > 0) return step.length % config_.every_tokens == 0;
  return step.after_prefill;
}

void SnapPolicy::attend(const Attended& attended) {
  if (config_.every_tokens > 0) return remember(attended);
  if (!is_decoding()) weigh(attended.scope, attended.pages, attended.mass);
}

void SnapPolicy::remember(const Attended& attended) {
  if (attended.scope == 0) {
    pages_.resize(attended.pages.size());
    std::ranges::copy(attended.pages, pages_.begin());
  }
  const auto number = static_cast<std::size_t>(attended.scope);
  if (rows_.size() <= number) rows_.resize(number + 1);
  spread(attended, rows_[number].add(static_cast<std::size_t>(config_.window),
                                     static_cast<std::size_t>(pages())));
}

void SnapPolicy::prepare(std::int32_t scope, std::span<const UnitView> /*candidates*/) const {
  const auto number = static_cast<std::size_t>(scope);
  if (config_.every_tokens == 0 || number >= rows_.size()) return;
  weigh(scope, pages_, mean_of_last(rows_[number]));
}

std::size_t SnapPolicy::past_count(std::span<const std::int32_t> pages) const {
  const std::int32_t past_end = (next_position() - config_.window) / context().page_size;
  const auto behind = std::ranges::lower_bound(pages, std::max(0, past_end));
  return static_cast<std::size_t>(behind - pages.begin());
}

void SnapPolicy::weigh(std::int32_t scope, std::span<const std::int32_t> pages,
                       std::span<const float> mass) const {
  const std::size_t count = past_count(pages);
  std::vector<float>& scores = part(scores_, scope);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    // What the layer does not see is not pooled: it stays below all that the layer sees.
    const bool pools = i < count && config_.pool != Pool::none && mass[i] >= 0.0F;
    scores[static_cast<std::size_t>(pages[i])] =
        pools ? pooled(mass.first(count), i, config_.kernel, config_.pool) : mass[i];
  }
}

std::span<const float> SnapPolicy::mean_of_last(const RecentRows& rows) const {
  const std::size_t past = past_count(pages_);
  assign_in_place(mean_, pages_.size(), 0.0F);
  for (const std::vector<float>& row : rows) {
    const auto at = [&](std::size_t i) {
      const auto page = static_cast<std::size_t>(pages_[i]);
      return page < row.size() ? std::max(0.0F, row[page]) : 0.0F;
    };
    float sum = 0.0F;
    for (std::size_t i = 0; i < past; ++i) sum += at(i);
    if (sum <= 0.0F) continue;
    const float scale = 1.0F / (sum * static_cast<float>(rows.size()));
    for (std::size_t i = 0; i < mean_.size(); ++i) mean_[i] += scale * at(i);
  }
  return mean_;
}

}  // namespace pagequest::kv
