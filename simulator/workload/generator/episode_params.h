// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/params.h"
#include "simulator/workload/log_normal.h"

namespace pagequest::simulator {

/// How agents of one kind behave; lengths in tokens of the served model. What each number rests on
/// is in the help of its parameter (episode_param_specs).
struct EpisodeParams {
  LogNormal turns;  // the answering one included
  std::int32_t most_turns;
  double search_share;  // of the calls; the rest are finds
  double open_share;
  LogNormal search_response;
  LogNormal open_response;
  LogNormal find_response;
  std::int32_t view_tokens;  // the longest response to open and find
  LogNormal thought;
  LogNormal call;
  LogNormal answer;
  std::int32_t system_tokens;
  LogNormal question;
  std::int32_t context_limit;
  double newest_search_share;  // of the opens that follow a link of the newest result page
  double search_lingers;       // chance that a result page is used a turn longer than its links
  double content_expired_in_4_turns;
  double content_reused_at_end;
  LogNormal tool_latency_s;
};

/// Names of the presets, ascending.
[[nodiscard]] std::vector<std::string> episode_presets();

/// Every parameter of a preset with its default. Throws usage_error that lists the presets.
[[nodiscard]] std::vector<ParamSpec> episode_param_specs(std::string_view preset);

/// `given` as typed by a user. Throws usage_error: unknown preset or parameter, a value out of
/// range, shares that sum to more than 1.
[[nodiscard]] EpisodeParams episode_params(std::string_view preset,
                                           const std::map<std::string, std::string>& given = {});

}  // namespace pagequest::simulator
