// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "simulator/memory/capacity.h"
#include "simulator/simulation_config.h"
#include "simulator/workload/tool_latency.h"
#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;
using Catch::Matchers::Contains;

namespace {

SimulationConfig configured(const std::map<std::string, std::string>& given) {
  return SimulationConfig::from(Params("simulation", SimulationConfig::parameters(), given));
}

}  // namespace

TEST_CASE("Settings out of range and unknown words are refused") {
  CHECK(configured({{"concurrency", "7"}}).concurrency == 7);
  CHECK(configured({{"idle_kv", "drop"}}).idle_kv == IdleKv::drop);
  CHECK_THROWS_WITH(configured({{"concurrency", "0"}}), Contains("concurrency"));
  CHECK_THROWS_WITH(configured({{"hbm_utilisation", "1.5"}}), Contains("hbm_utilisation"));
  CHECK_THROWS_WITH(configured({{"hbm_utilisation", "nan"}}), Contains("hbm_utilisation"));
  CHECK_THROWS_WITH(configured({{"idle_kv", "kep"}}), Contains("did you mean `keep`"));
  CHECK_THROWS_WITH(configured({{"preemption", "oldest"}}), Contains("idle_first"));
  CHECK_THROWS_WITH(configured({{"concurency", "8"}}), Contains("did you mean `concurrency`"));
}

TEST_CASE("The KV pool is what the other tenants of the memory leave") {
  SimulationConfig settings = config();
  settings.hbm_utilisation = 0.5;
  const KvCapacity half = kv_capacity(h100(), qwen3_8b(), settings);
  settings.hbm_utilisation = 0.9;
  const KvCapacity most = kv_capacity(h100(), qwen3_8b(), settings);
  CHECK(most.kv_bytes - half.kv_bytes == Approx(0.4 * 85520809984.0));
  CHECK(most.weight_bytes + most.activation_bytes + most.runtime_bytes + most.kv_bytes ==
        Approx(0.9 * 85520809984.0));
  CHECK(most.page_bytes == 16 * 147456.0);
  CHECK(static_cast<double>(most.pages) == std::floor(most.kv_bytes / most.page_bytes));
}

TEST_CASE("A configured number of pages is taken as it is") {
  SimulationConfig settings = config();
  settings.kv_pages = 123;
  CHECK(kv_capacity(h100(), qwen3_8b(), settings).pages == 123);
}

TEST_CASE("A model that leaves no room for keys and values is refused") {
  SimulationConfig settings = config();
  settings.hbm_utilisation = 0.2;
  CHECK_THROWS_WITH(kv_capacity(h100(), qwen3_8b(), settings),
                    Contains("no memory is left") && Contains("qwen3-8b on h100-sxm-80gb"));
}

// The median of a log-normal is exp(mu), its mean exp(mu + sigma^2 / 2).
TEST_CASE("Tool latencies have the median and the mean of their distribution") {
  const ToolLatency tools(0.5, 0.6, 9);
  std::vector<double> draws;
  double sum = 0.0;
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    draws.push_back(static_cast<double>(tools.draw(i / 10, i % 10)) * 1e-9);
    sum += draws.back();
  }
  std::nth_element(draws.begin(), draws.begin() + kDraws / 2, draws.end());
  CHECK(draws[kDraws / 2] == Approx(0.5).epsilon(0.02));
  CHECK(sum / kDraws == Approx(0.5 * std::exp(0.18)).epsilon(0.02));
}

TEST_CASE("Tool latencies depend on seed, request and call, and on nothing else") {
  const ToolLatency tools(0.5, 0.6, 9);
  CHECK(tools.draw(3, 1) == ToolLatency(0.5, 0.6, 9).draw(3, 1));
  CHECK(tools.draw(3, 1) != tools.draw(3, 2));
  CHECK(tools.draw(3, 1) != tools.draw(1, 3));
  CHECK(tools.draw(3, 1) != ToolLatency(0.5, 0.6, 10).draw(3, 1));
  CHECK(ToolLatency(0.25, 0.0, 9).draw(3, 1) == 250'000'000);
}
