// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/generator/agent_generator.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "simulator/workload/footprint.h"
#include "simulator/workload/generator/episode_params.h"

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;

namespace {

constexpr std::int32_t kEpisodes = 3000;

AgentGenerator generator(const std::string& preset,
                         const std::map<std::string, std::string>& params = {},
                         std::uint64_t seed = 1) {
  return {episode_params(preset, params), seed};
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Four standard errors of the mean: one false alarm in 16,000.
double tolerance(const std::vector<double>& values) {
  const double centre = mean(values);
  double squares = 0.0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return 4.0 * std::sqrt(squares) / static_cast<double>(values.size());
}

bool same_program(const Session& a, const Session& b) {
  if (a.program.size() != b.program.size()) return false;
  for (std::size_t i = 0; i < a.program.size(); ++i) {
    if (a.program[i].index() != b.program[i].index()) return false;
    const auto* call = std::get_if<CallTool>(&a.program[i]);
    if (call != nullptr && call->duration != std::get<CallTool>(b.program[i]).duration)
      return false;
    const auto* fill = std::get_if<Prefill>(&a.program[i]);
    if (fill != nullptr && fill->tokens != std::get<Prefill>(b.program[i]).tokens) return false;
    const auto* decode = std::get_if<Decode>(&a.program[i]);
    if (decode != nullptr && decode->tokens != std::get<Decode>(b.program[i]).tokens) return false;
  }
  return true;
}

/// Lengths and counts of many episodes, read off their turns.
struct Sample {
  std::vector<double> turns, thoughts, calls, answers, searches, opens, finds, seconds;
};

Sample sample(const AgentGenerator& agents) {
  Sample out;
  for (std::int32_t i = 0; i < kEpisodes; ++i) {
    const AgentEpisode episode = agents.episode(i);
    const auto& turns = episode.session.turns;
    out.turns.push_back(static_cast<double>(turns.size()));
    out.answers.push_back(turns.back().answer);
    for (std::size_t t = 0; t + 1 < turns.size(); ++t) {
      out.thoughts.push_back(turns[t].thought);
      out.calls.push_back(turns[t].call);
      auto& responses = turns[t].tool == "search" ? out.searches
                        : turns[t].tool == "open" ? out.opens
                                                  : out.finds;
      responses.push_back(turns[t + 1].input);
    }
    for (const Operation& operation : episode.session.program) {
      const auto* call = std::get_if<CallTool>(&operation);
      if (call != nullptr) out.seconds.push_back(static_cast<double>(call->duration) * 1e-9);
    }
  }
  return out;
}

}  // namespace

// The expected values are the closed forms of (capped) log-normals with the parameters of
// docs/workloads.md, written out here a second time.
TEST_CASE("Turns of each preset have the declared median, and the mean of a capped log-normal") {
  struct Expected {
    std::string preset;
    double median, mean, cap;
  };
  for (const Expected& e : {Expected{"frames", 18, 25, 100}, Expected{"bcp-medium", 14, 18, 100},
                            Expected{"bcp-high", 24, 30, 150}}) {
    const auto agents = generator(e.preset, {{"context_limit", "100000000"}});
    std::vector<double> turns;
    for (std::int32_t i = 0; i < kEpisodes; ++i) {
      turns.push_back(static_cast<double>(agents.episode(i).session.turns.size()));
    }
    const double sigma = std::sqrt(2.0 * std::log(e.mean / e.median));
    const double z = std::log(e.cap / e.median) / sigma;
    const auto cdf = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
    const double capped = e.mean * cdf(z - sigma) + e.cap * cdf(-z);
    CAPTURE(e.preset);
    CHECK(mean(turns) == Approx(capped).margin(tolerance(turns)));
    CHECK(std::abs(median(turns) - e.median) <= 1.0);
    CHECK(*std::max_element(turns.begin(), turns.end()) <= e.cap);
  }
}

TEST_CASE("Lengths, latencies and the action mix of frames are the declared ones") {
  const Sample s = sample(generator("frames", {{"context_limit", "100000000"}}));
  const auto log_normal_mean = [](double m, double sigma) {
    return m * std::exp(0.5 * sigma * sigma);
  };
  CHECK(median(s.thoughts) == Approx(110).epsilon(0.02));
  CHECK(mean(s.thoughts) == Approx(log_normal_mean(110, 0.366)).margin(tolerance(s.thoughts)));
  CHECK(median(s.calls) == Approx(35).epsilon(0.03));
  CHECK(mean(s.calls) == Approx(log_normal_mean(35, 0.3)).margin(tolerance(s.calls)));
  CHECK(mean(s.answers) == Approx(log_normal_mean(200, 0.4)).margin(tolerance(s.answers)));
  CHECK(mean(s.searches) == Approx(log_normal_mean(600, 0.35)).margin(tolerance(s.searches)));
  CHECK(median(s.opens) == Approx(1000).epsilon(0.01));
  CHECK(*std::max_element(s.opens.begin(), s.opens.end()) == 1100);
  CHECK(mean(s.finds) == Approx(LogNormal{350, 0.4}.mean_capped(1100)).margin(tolerance(s.finds)));
  CHECK(mean(s.seconds) == Approx(log_normal_mean(0.5, 0.5)).margin(tolerance(s.seconds)));
  // The first call of an episode is a search, the others are by the shares.
  const auto others = static_cast<double>(s.calls.size() - kEpisodes);
  CHECK((static_cast<double>(s.searches.size()) - kEpisodes) / others == Approx(0.45).margin(0.01));
  CHECK(static_cast<double>(s.finds.size()) / others == Approx(0.10).margin(0.01));
}

TEST_CASE("Pages expire within 4 turns and are cited at the end as often as declared") {
  const auto agents = generator("frames", {{"search_share", "0.4"}, {"open_share", "0.6"}});
  std::int32_t pages = 0, cited = 0, brief = 0;
  for (std::int32_t i = 0; i < kEpisodes; ++i) {
    const AgentEpisode episode = agents.episode(i);
    const auto last = static_cast<std::int32_t>(episode.session.turns.size()) - 1;
    for (const ToolResponse& response : episode.responses) {
      const std::string& tool = episode.session.turns[static_cast<std::size_t>(response.turn)].tool;
      // Long before the end a last use in the last turn is a citation (but for 1 gap in 10,000).
      if (tool != "open" || last - response.turn < 30) continue;
      ++pages;
      cited += response.last_use == last ? 1 : 0;
      brief += response.last_use - response.turn <= 4 ? 1 : 0;
    }
  }
  REQUIRE(pages > 3000);
  CHECK(static_cast<double>(cited) / pages == Approx(0.20).margin(0.02));
  CHECK(static_cast<double>(brief) / pages == Approx(0.60).margin(0.03));
}

TEST_CASE("A result page dies one or two turns after its last link was opened") {
  const auto agents = generator("frames", {{"newest_search_share", "1"}});
  std::int32_t one = 0, two = 0;
  for (std::int32_t i = 0; i < 300; ++i) {
    const AgentEpisode episode = agents.episode(i);
    const auto last = static_cast<std::int32_t>(episode.session.turns.size()) - 1;
    std::int32_t page = 0, opened = 1;
    const auto check = [&] {
      const std::int32_t lag = episode.responses[static_cast<std::size_t>(page)].last_use - opened;
      if (opened + 1 > last) return;  // nothing comes later
      REQUIRE(lag >= 0);
      REQUIRE(lag <= 1);
      (lag == 0 ? one : two) += 1;
    };
    for (std::int32_t turn = 1; turn < last; ++turn) {
      const std::string& tool = episode.session.turns[static_cast<std::size_t>(turn)].tool;
      if (tool == "open") opened = turn;
      if (tool != "search") continue;
      check();
      page = turn;
      opened = turn + 1;  // without a link that is opened it is read once
    }
  }
  CHECK(static_cast<double>(two) / (one + two) == Approx(0.5).margin(0.05));
}

TEST_CASE("An episode is the same whatever was generated before it") {
  const auto agents = generator("bcp-high");
  const AgentEpisode alone = agents.episode(17);
  for (std::int32_t i = 0; i < 17; ++i) (void)agents.episode(i);
  CHECK(same_program(alone.session, agents.episode(17).session));
  CHECK(same_program(alone.session, generator("bcp-high").episode(17).session));
  CHECK_FALSE(same_program(alone.session, agents.episode(18).session));
  CHECK_FALSE(same_program(alone.session, generator("bcp-high", {}, 2).episode(17).session));
}

TEST_CASE("Another length distribution leaves turns and last uses as they are") {
  const auto shorter = generator("frames", {{"thought_tokens", "20"}});
  for (std::int32_t i = 0; i < 50; ++i) {
    const AgentEpisode a = generator("frames").episode(i);
    const AgentEpisode b = shorter.episode(i);
    REQUIRE(a.responses.size() == b.responses.size());
    for (std::size_t c = 0; c < a.responses.size(); ++c) {
      CHECK(a.responses[c].last_use == b.responses[c].last_use);
    }
  }
}

TEST_CASE("An episode adds up, and answers before it would exceed its context") {
  for (const std::string limit : {"131072", "8000"}) {
    const auto agents = generator("bcp-high", {{"context_limit", limit}});
    for (std::int32_t i = 0; i < 200; ++i) {
      const AgentEpisode episode = agents.episode(i);
      const SessionTotals sums = totals(episode.session);
      CHECK(sums.prefill + sums.decode <= std::stoll(limit));
      CHECK(footprint(episode.session, 16).peak_tokens == sums.prefill + sums.decode);
      CHECK(std::ssize(episode.responses) == sums.tool_calls);
      CHECK(std::ssize(episode.session.turns) == sums.tool_calls + 1);
      std::int64_t by_turn = 0;
      for (const TurnTokens& turn : episode.session.turns) {
        by_turn += turn.input + turn.thought + turn.call + turn.answer;
      }
      CHECK(by_turn == sums.prefill + sums.decode);
      for (const ToolResponse& response : episode.responses) {
        CHECK(response.last_use > response.turn);
        CHECK(response.last_use <= sums.tool_calls);
      }
    }
  }
}

TEST_CASE("Every parameter of a preset says what it rests on") {
  for (const std::string& preset : episode_presets()) {
    for (const ParamSpec& spec : episode_param_specs(preset)) {
      const std::string help(spec.help);
      INFO(preset << " " << spec.name << ": " << help);
      const auto says = [&](const char* word) { return help.find(word) != std::string::npos; };
      CHECK((says("assumption") || says("section") || says("table") || says("window") ||
             says("config.json")));
    }
  }
}

TEST_CASE("Bad parameters of a preset are refused") {
  CHECK_THROWS_WITH(episode_params("frame"), Contains("did you mean `frames`"));
  CHECK_THROWS_WITH(episode_params("frames", {{"turn_median", "3"}}), Contains("turns_median"));
  CHECK_THROWS_WITH(episode_params("frames", {{"turns_median", "0"}}), Contains("1 to 10000"));
  CHECK_THROWS_WITH(episode_params("frames", {{"turns_median", "nan"}}), Contains("bad value"));
  CHECK_THROWS_WITH(episode_params("frames", {{"turns_median", "26"}}), Contains("turns_mean"));
  CHECK_THROWS_WITH(episode_params("frames", {{"open_share", "0.6"}}), Contains("search_share"));
  CHECK_THROWS_WITH(episode_params("frames", {{"content_reused_at_end", "0.5"}}),
                    Contains("content_expired_in_4_turns"));
}
