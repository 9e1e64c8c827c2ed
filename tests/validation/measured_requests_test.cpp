// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The simulator against a real run of vLLM 0.19: Llama-3.1-8B on one RTX PRO 6000, 300 requests of
// ShareGPT at 10 a second (casys-kaist/LLMServingSim, bench/examples, MIT). Nothing is fitted to
// it.
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "simulator/cost/engine_overheads.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/machine/catalog.h"
#include "simulator/memory/capacity.h"
#include "simulator/metrics/percentile.h"
#include "simulator/validation/request_run.h"

namespace pagequest::simulator {
namespace {

const std::filesystem::path kRun =
    std::string(PQ_SHARED_DATA) + "/llmservingsim_vllm_rtxpro6000_llama31_8b/requests.jsonl";

struct Measured {
  std::vector<double> ttft, tpot, latency;
};

Measured measured_of(const std::vector<MeasuredRequest>& requests) {
  Measured out;
  for (const auto& request : requests) {
    out.ttft.push_back(request.ttft_s);
    out.tpot.push_back(request.tpot_s());
    out.latency.push_back(request.latency_s);
  }
  return out;
}

RunMetrics simulate(const std::vector<MeasuredRequest>& requests) {
  const GpuSpec gpu = catalog_gpu("rtx-pro-6000-96gb");
  const ModelSpec model = catalog_model("llama-3.1-8b");
  SimulationConfig config = SimulationConfig::defaults();
  config.max_batch_sequences = 128;  // as the run was configured (meta.json)
  config.max_batch_tokens = 2048;
  const RooflineCost cost(gpu, model, {}, engine_overheads_named("vllm").coefficients);
  return simulate_request_run(requests, cost, kv_capacity(gpu, model, config).pages, config);
}

void check(const std::vector<double>& measured, const Samples& simulated, double tolerance) {
  CHECK(simulated.mean() == Approx(mean(measured)).epsilon(tolerance));
  for (const double percent : {50.0, 90.0, 99.0}) {
    CAPTURE(percent);
    CHECK(simulated.percentile(percent) ==
          Approx(percentile(measured, percent)).epsilon(tolerance));
  }
}

TEST_CASE("A real run of vLLM is met request by request, with nothing fitted to it",
          "[validation]") {
  if (!std::filesystem::exists(kRun)) {
    WARN("skipped: no " + kRun.string());
    return;
  }
  const auto requests = read_request_run(kRun);
  const Measured measured = measured_of(requests);
  const RunMetrics simulated = simulate(requests);
  REQUIRE(simulated.requests == 300);
  check(measured.tpot, simulated.tpot, 0.07);
  check(measured.latency, simulated.episode_latency, 0.10);
  check(measured.ttft, simulated.episode_ttft, 0.18);
  CHECK(correlation(measured.ttft, simulated.episode_ttft.first()) > 0.99);
}

}  // namespace
}  // namespace pagequest::simulator
