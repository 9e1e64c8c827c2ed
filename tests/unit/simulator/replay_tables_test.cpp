// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/replay_tables.h"

#include <string>
#include <variant>

#include <catch2/catch.hpp>

#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;
using Catch::Matchers::Contains;

namespace {

std::string text_of(const std::vector<ResultTable>& tables) {
  std::string out;
  for (const auto& table : tables) {
    out += table.name() + "|" + table.description() + "\n";
    for (const auto& row : table.rows()) {
      for (const auto& cell : row) {
        std::visit([&out](const auto& value) { out += to_text(ParamValue(value)) + ";"; }, cell);
      }
      out += "\n";
    }
  }
  return out;
}

struct Fixture {
  SimulationConfig settings = config();
  Workload load = workload({session(
      {Prefill{300}, Decode{40}, Evict{{16, 160}}, CallTool{"open"}, Prefill{60}, Decode{30}})});
  Fixture() {
    settings.concurrency = 8;
    settings.requests = 32;
    settings.tool_latency_sigma = 0.6;
  }
  [[nodiscard]] std::vector<ResultTable> tables() const {
    const auto result = replay(load, h100(), qwen3_8b(), settings);
    return replay_tables(result, run_label(load, h100(), qwen3_8b(), settings));
  }
};

}  // namespace

TEST_CASE("Every table states machine, model, scale, load, seed and that it is a replay") {
  Fixture fixture;
  const auto tables = fixture.tables();
  REQUIRE(tables.size() == 4);
  for (const auto& table : tables) {
    INFO(table.name());
    CHECK_THAT(table.description(), Contains("h100-sxm-80gb") && Contains("qwen3-8b") &&
                                        Contains("token scale 1") && Contains("8 episodes") &&
                                        Contains("seed 1") && Contains("as recorded") &&
                                        Contains("accuracy never comes"));
  }
}

TEST_CASE("The settings table lists every setting, defaults included") {
  const Params params("simulate", SimulationConfig::parameters(), {{"concurrency", "9"}});
  const ResultTable table = settings_table(params, "label");
  REQUIRE(table.rows().size() == SimulationConfig::parameters().size());
  bool found = false;
  for (std::size_t row = 0; row < table.rows().size(); ++row) {
    if (table.text(row, "setting") != "concurrency") continue;
    CHECK(table.text(row, "value") == "9");
    found = true;
  }
  CHECK(found);
}

TEST_CASE("The same seed gives the same tables, byte for byte") {
  Fixture fixture;
  const std::string first = text_of(fixture.tables());
  CHECK(first == text_of(fixture.tables()));
  fixture.settings.seed = 2;
  CHECK(first != text_of(fixture.tables()));
}

TEST_CASE("The summary agrees with what was served") {
  Fixture fixture;
  const auto tables = fixture.tables();
  const ResultTable& summary = tables[0];
  REQUIRE(summary.rows().size() == 1);
  const double seconds = summary.number(0, "run_time");
  CHECK(summary.number(0, "requests") == 32.0);
  CHECK(summary.number(0, "turns") == 64.0);
  CHECK(summary.number(0, "output_tokens") == 32.0 * (41 + 31));
  CHECK(summary.number(0, "prefill_tokens") == 32.0 * 360);
  CHECK(summary.number(0, "main_output_throughput") == Approx(32.0 * 72 / seconds));
  CHECK(summary.number(0, "request_throughput") == Approx(32.0 / seconds));
  CHECK(summary.number(0, "kv_live_peak") <= summary.number(0, "kv_used_peak"));
  CHECK(summary.number(0, "kv_used_mean") <= summary.number(0, "kv_used_peak"));
  CHECK(summary.number(0, "turn_ttft_p50") <= summary.number(0, "turn_ttft_p99"));
}

TEST_CASE("The timeline's means over time are the summary's") {
  Fixture fixture;
  const auto result = replay(fixture.load, h100(), qwen3_8b(), fixture.settings);
  double used = 0.0;
  double tokens = 0.0;
  for (const auto& row : result.timeline) {
    used += row.mean.used_pages * to_seconds(row.end - row.begin);
    tokens += row.output_tokens;
  }
  CHECK(used / to_seconds(result.metrics.run_time) == Approx(result.overall.mean.used_pages));
  CHECK(tokens == Approx(static_cast<double>(result.metrics.output_tokens)));
}

TEST_CASE("The capacity table counts episodes by pages") {
  Fixture fixture;
  fixture.settings.kv_pages = 100;
  const auto tables = fixture.tables();
  const ResultTable& capacity = tables[2];
  CHECK(capacity.number(0, "kv_pages") == 100.0);
  CHECK(capacity.number(0, "kv_tokens") == 1600.0);
  // 340 tokens are 22 pages before the eviction of 10 of them; 430 tokens behind it are 27 - 10.
  CHECK(capacity.number(0, "episode_peak_max") == 22.0);
  CHECK(capacity.number(0, "episodes_at_max_peak") == Approx(100.0 / 22.0));
}
