// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/generator/episode_params.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "engine/kv/policies/param_ranges.h"

namespace pagequest::simulator {
namespace {

constexpr std::array<std::string_view, 3> kPresets = {"bcp-high", "bcp-medium", "frames"};

/// One parameter of all presets, in the order of kPresets, and the range of its values.
struct Row {
  std::string_view name;
  std::array<double, 3> defaults;
  bool integer;
  double least;
  double most;
  std::string_view help;
};

constexpr double kMostTokens = 1e6;

constexpr std::array kRows{
    Row{"turns_median",
        {24, 14, 18},
        false,
        1,
        1e4,
        "turns, the answering one included. bcp: searches of gpt-oss-20b with Qwen3-Embedding-8B, "
        "13.64 at medium and 23.87 at high effort (BrowseComp-Plus, table 4). frames: so that the "
        "mean fits"},
    Row{"turns_mean",
        {30, 18, 25},
        false,
        1,
        1e4,
        "turns, before the cap; log-normal. frames: 24 to 28, as 1274 auxiliary samples on 215 "
        "correct traces, one every 4 turns, imply (SideQuest, section 4.3). bcp: assumption, tail "
        "as that of GPT-5 (p90 1.5 medians)"},
    Row{"turns_max", {150, 100, 100}, true, 1, 1e4, "turns; assumption"},
    Row{"search_share",
        {0.5, 0.5, 0.45},
        false,
        0,
        1,
        "of the calls; assumption beside 32 % search, 40 % open, 12 % find of gpt-oss-120b on HLE "
        "(card of rl-rag/hle-gpt-oss-120b-with-python-260222)"},
    Row{"open_share",
        {0.4, 0.4, 0.45},
        false,
        0,
        1,
        "of the calls, the rest being finds; assumption, see search_share"},
    Row{"search_tokens",
        {600, 600, 600},
        false,
        1,
        kMostTokens,
        "median response to a search; assumption within 'hundreds of tokens' (SideQuest, section "
        "3.4). 2600: the five snippets of BrowseComp-Plus' own tool (section 4.3)"},
    Row{"search_tokens_sigma", {0.35, 0.35, 0.35}, false, 0, 3, "of its logarithm; assumption"},
    Row{"open_tokens",
        {1000, 1000, 1000},
        false,
        1,
        kMostTokens,
        "median response to an open: pages are longer (BrowseComp-Plus 7,350 tokens) than the "
        "window of gpt-oss' browser tool, 1024 tokens"},
    Row{"open_tokens_sigma", {0.15, 0.15, 0.15}, false, 0, 3, "of its logarithm; assumption"},
    Row{"find_tokens",
        {350, 350, 350},
        false,
        1,
        kMostTokens,
        "median response to a find; assumption"},
    Row{"find_tokens_sigma", {0.4, 0.4, 0.4}, false, 0, 3, "of its logarithm; assumption"},
    Row{"view_tokens",
        {1100, 1100, 1100},
        true,
        1,
        kMostTokens,
        "longest response to open and find: the window of gpt-oss' browser tool, 1024 tokens, and "
        "a heading"},
    Row{"thought_tokens",
        {346, 141, 110},
        false,
        1,
        kMostTokens,
        "median thought of a turn; assumption, so that a frames episode stays below the 4,600 "
        "generated tokens that 828 tokens/s over 2,356 s and 424 episodes allow (SideQuest, "
        "section 4.7)"},
    Row{"thought_tokens_sigma",
        {0.334, 0.346, 0.366},
        false,
        0,
        3,
        "of its logarithm; assumption (90 % within 200-600, 80-250, 60-200)"},
    Row{"call_tokens",
        {35, 35, 35},
        false,
        1,
        kMostTokens,
        "median call with its harmony frame; assumption"},
    Row{"call_tokens_sigma", {0.3, 0.3, 0.3}, false, 0, 3, "of its logarithm; assumption"},
    Row{"answer_tokens",
        {250, 250, 200},
        false,
        1,
        kMostTokens,
        "median final answer with its citations; assumption"},
    Row{"answer_tokens_sigma", {0.4, 0.4, 0.4}, false, 0, 3, "of its logarithm; assumption"},
    Row{"system_tokens",
        {800, 800, 800},
        true,
        0,
        kMostTokens,
        "system and developer message with the browser tool's description; assumption"},
    Row{"question_tokens", {130, 130, 70}, false, 1, kMostTokens, "median question; assumption"},
    Row{"question_tokens_sigma", {0.4, 0.4, 0.4}, false, 0, 3, "of its logarithm; assumption"},
    Row{"context_limit",
        {131072, 131072, 131072},
        true,
        1024,
        1e8,
        "positions of gpt-oss (config.json); an episode that would exceed it answers before"},
    Row{"newest_search_share",
        {0.8, 0.8, 0.8},
        false,
        0,
        1,
        "of the opens that take a link of the newest result page, not of the one before; "
        "assumption"},
    Row{"search_lingers",
        {0.5, 0.5, 0.5},
        false,
        0,
        1,
        "chance that a result page is needed one turn longer than its last opened link, so that "
        "it dies 1 to 2 turns after it; assumption (SideQuest's walk-through, section 3.1, has 1)"},
    Row{"content_expired_in_4_turns",
        {0.6, 0.6, 0.6},
        false,
        0,
        1,
        "share of the pages whose last use is within 4 turns; geometric gap; assumption"},
    Row{"content_reused_at_end",
        {0.2, 0.2, 0.2},
        false,
        0,
        1,
        "share of the pages that the final answer cites; assumption beside 3.88 citations an "
        "answer (gpt-oss-120b-high, BrowseComp-Plus, table 3)"},
    Row{"tool_latency_s",
        {0.5, 0.5, 0.5},
        false,
        0,
        1e6,
        "median time of a call, a local retriever; assumption"},
    Row{"tool_latency_sigma", {0.5, 0.5, 0.5}, false, 0, 3, "of its logarithm; assumption"}};

std::size_t preset_index(std::string_view preset) {
  for (std::size_t i = 0; i < kPresets.size(); ++i) {
    if (kPresets[i] == preset) return i;
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
    for (const Row& row : kRows) check(preset, row);
  }

  [[nodiscard]] double number(std::string_view name) const { return params_.real(name); }
  [[nodiscard]] std::int32_t whole(std::string_view name) const {
    return static_cast<std::int32_t>(params_.integer(name));
  }
  [[nodiscard]] LogNormal log_normal(const std::string& name) const {
    return {.median = number(name), .sigma = number(name + "_sigma")};
  }

 private:
  void check(std::string_view preset, const Row& row) const {
    if (row.integer) {
      (void)kv::integer_in(params_, preset, row.name, static_cast<std::int64_t>(row.least),
                           static_cast<std::int64_t>(row.most));
    } else {
      (void)kv::real_in(params_, preset, row.name, row.least, row.most);
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

std::vector<std::string> episode_presets() { return {kPresets.begin(), kPresets.end()}; }

std::vector<ParamSpec> episode_param_specs(std::string_view preset) {
  const std::size_t index = preset_index(preset);
  std::vector<ParamSpec> specs;
  for (const Row& row : kRows) {
    const double value = row.defaults[index];
    const auto typed =
        row.integer ? ParamValue{static_cast<std::int64_t>(value)} : ParamValue{value};
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
