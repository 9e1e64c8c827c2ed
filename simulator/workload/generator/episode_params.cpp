// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/generator/episode_params.h"

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "engine/kv/policies/param_ranges.h"
#include "simulator/workload/generator/episode_param_table.h"

namespace pagequest::simulator {
namespace {

std::size_t preset_index(std::string_view preset) {
  for (std::size_t i = 0; i < kEpisodePresets.size(); ++i) {
    if (kEpisodePresets[i] == preset) return i;
  }
  throw_unknown_name("agent preset", preset, episode_presets());
}

[[noreturn]] void fail(std::string_view preset, std::string what, std::string found,
                       std::string expected) {
  throw usage_error({.what = std::move(what),
                     .where = "agent preset " + std::string(preset),
                     .found = std::move(found),
                     .expected = std::move(expected),
                     .hint = {}});
}

/// Values by name.
class Values {
 public:
  Values(std::string_view preset, const std::map<std::string, std::string>& given)
      : params_(preset, episode_param_specs(preset), given) {
    for (const EpisodeParamRow& row : episode_param_table()) check(preset, row);
  }

  [[nodiscard]] double number(std::string_view name) const { return params_.real(name); }
  [[nodiscard]] std::int32_t whole(std::string_view name) const {
    return static_cast<std::int32_t>(params_.integer(name));
  }
  [[nodiscard]] LogNormal log_normal(const std::string& name) const {
    return {.median = number(name), .sigma = number(name + "_sigma")};
  }

 private:
  void check(std::string_view preset, const EpisodeParamRow& row) const {
    if (row.range.integer) {
      (void)kv::integer_in(params_, preset, row.name, static_cast<std::int64_t>(row.range.least),
                           static_cast<std::int64_t>(row.range.most));
    } else {
      (void)kv::real_in(params_, preset, row.name, row.range.least, row.range.most);
    }
  }

  Params params_;
};

void check(std::string_view preset, const Values& values) {
  const auto at_most = [&](std::string_view what, double found, double most) {
    if (found > most + 1e-9) {
      fail(preset, std::string(what), to_text(found), "at most " + to_text(most));
    }
  };
  at_most("search_share and open_share sum to too much",
          values.number("search_share") + values.number("open_share"), 1.0);
  at_most("content_expired_in_4_turns and content_reused_at_end sum to too much",
          values.number("content_expired_in_4_turns") + values.number("content_reused_at_end"),
          1.0);
  at_most("turns_median exceeds turns_mean, which no log-normal does",
          values.number("turns_median"), values.number("turns_mean"));
}

}  // namespace

std::vector<std::string> episode_presets() {
  return {kEpisodePresets.begin(), kEpisodePresets.end()};
}

std::vector<ParamSpec> episode_param_specs(std::string_view preset) {
  const std::size_t index = preset_index(preset);
  std::vector<ParamSpec> specs;
  for (const EpisodeParamRow& row : episode_param_table()) {
    const double value = row.defaults[index];
    const auto typed =
        row.range.integer ? ParamValue{static_cast<std::int64_t>(value)} : ParamValue{value};
    specs.push_back({row.name, typed, row.help});
  }
  return specs;
}

EpisodeParams episode_params(std::string_view preset,
                             const std::map<std::string, std::string>& given) {
  const Values values(preset, given);
  check(preset, values);
  return {.turns = LogNormal::of_mean(values.number("turns_median"), values.number("turns_mean")),
          .most_turns = values.whole("turns_max"),
          .search_share = values.number("search_share"),
          .open_share = values.number("open_share"),
          .search_response = values.log_normal("search_tokens"),
          .open_response = values.log_normal("open_tokens"),
          .find_response = values.log_normal("find_tokens"),
          .view_tokens = values.whole("view_tokens"),
          .thought = values.log_normal("thought_tokens"),
          .call = values.log_normal("call_tokens"),
          .answer = values.log_normal("answer_tokens"),
          .system_tokens = values.whole("system_tokens"),
          .question = values.log_normal("question_tokens"),
          .context_limit = values.whole("context_limit"),
          .newest_search_share = values.number("newest_search_share"),
          .search_lingers = values.number("search_lingers"),
          .content_expired_in_4_turns = values.number("content_expired_in_4_turns"),
          .content_reused_at_end = values.number("content_reused_at_end"),
          .tool_latency_s = {.median = values.number("tool_latency_s"),
                             .sigma = values.number("tool_latency_sigma")}};
}

}  // namespace pagequest::simulator
