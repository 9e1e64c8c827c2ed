// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/params.h"
#include "engine/kv/policies/attention_policy.h"
#include "engine/kv/policies/recent_rows.h"

namespace pagequest::kv {

enum class Pool : std::uint8_t { none, average, max };

/// SnapKV's knobs (arXiv 2404.14469, section 4), about which implementations disagree.
struct SnapConfig {
  std::int32_t window = 32;  // observation window: last tokens of a prompt, kept
  std::int32_t kernel = 5;   // tokens that are pooled around each one; odd
  Pool pool = Pool::average;
  GroupMass group = GroupMass::mean;
  std::int32_t every_tokens = 0;  // 0: once behind each prefill; else whenever the length divides
};

/// The presets and their parameters.
[[nodiscard]] std::span<const ParamSpec> snap_params();
/// Throws usage_error on an unknown preset or a value out of range.
[[nodiscard]] SnapConfig snap_config(const Params& params, std::string_view policy);

/// (scope, page): the attention that the last observed prefill rows gave, pooled along the tokens
/// before the window. Each page counts by the engine's captured rows, at most
/// EngineConfig::prefill_rows of the last chunk: with fewer than the window, those. With a period,
/// the rows are those of the last `window` steps, each normalised over the tokens before the
/// window.
class SnapPolicy : public AttentionPolicy {
 public:
  SnapPolicy(const SnapConfig& config, const PolicyContext& context);

  /// At the first decode step behind a prefill: a trace does not tell a prompt's last chunk from
  /// the others before. Or at a period, whatever the step is.
  [[nodiscard]] bool decides(const StepEnd& step) const override;

 protected:
  [[nodiscard]] const SnapConfig& config() const { return config_; }

 private:
  void attend(const Attended& attended) override;
  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    return value_at(scores_, scope, page);
  }

  void prepare(std::int32_t scope, std::span<const UnitView> candidates) const override;

  /// With a period: keeps the step's row for the next decision.
  void remember(const Attended& attended);
  /// (remembered page): over the last `window` steps.
  [[nodiscard]] std::span<const float> mean_of_last(const RecentRows& rows) const;
  /// How many of these pages, which ascend, lie before the window.
  [[nodiscard]] std::size_t past_count(std::span<const std::int32_t> pages) const;
  /// Scores these pages by these masses of theirs.
  void weigh(std::int32_t scope, std::span<const std::int32_t> pages,
             std::span<const float> mass) const;

  SnapConfig config_;
  mutable std::vector<std::vector<float>> scores_;  // with a period, of the last decision
  std::vector<RecentRows> rows_;                    // (scope): of the steps, (page); with a period
  std::vector<std::int32_t> pages_;                 // listed in the last step; with a period
  mutable std::vector<float> mean_;
};

}  // namespace pagequest::kv
