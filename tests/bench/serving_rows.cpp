// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/serving_rows.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "simulator/machine/catalog.h"

namespace pagequest::bench {
namespace {

using simulator::catalog_model;
using simulator::ModelSpec;

std::vector<std::string> cells(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> out;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) out.push_back(cell);
  return out;
}

ModelSpec in_fp8(ModelSpec model) {
  model.name += "-fp8";
  model.bytes_per_weight = model.bytes_per_expert_weight = 1.0;
  model.kv_bytes_per_value = 1.0;  // what TensorRT-LLM's fp8 checkpoints configure
  model.compute = simulator::ComputeFormat::fp8;
  return model;
}

/// Enough for a steady state: 4 waves.
std::int32_t requests_for(std::int32_t concurrency) { return std::max(4 * concurrency, 32); }

ServingRow throughput_row(std::string engine, ModelSpec model, std::int32_t input,
                          std::int32_t output, std::int32_t requests, double rate) {
  ServingRow row;
  row.engine = std::move(engine);
  row.model = std::move(model);
  row.input = input;
  row.output = output;
  row.requests = row.concurrency = requests;  // all queued at once
  row.max_batch_sequences = 2048;
  row.output_tokens_per_s = rate;
  return row;
}

}  // namespace

std::vector<ServingRow> read_silicon_rows(const std::filesystem::path& csv) {
  std::ifstream file(csv);
  std::string line;
  if (!std::getline(file, line)) {
    throw input_error({.what = "can't read the silicon rows", .where = csv.string()});
  }
  std::map<std::string, std::size_t> column;
  for (const auto& name : cells(line)) column.emplace(name, column.size());
  std::vector<ServingRow> out;
  while (std::getline(file, line)) {
    const auto values = cells(line);
    const auto at = [&](const char* name) { return values.at(column.at(name)); };
    if (at("tp_size") != "1.0") continue;
    ServingRow row;
    row.engine = at("backend");
    const bool llama = at("model_path").find("Llama-3.1-8B") != std::string::npos;
    row.model = catalog_model(llama ? "llama-3.1-8b" : "qwen3-32b");
    if (at("precision") == "fp8") row.model = in_fp8(row.model);
    row.input = std::stoi(at("isl"));
    row.output = std::stoi(at("osl"));
    row.concurrency = static_cast<std::int32_t>(std::stod(at("batch_size")));
    row.requests = requests_for(row.concurrency);
    row.ttft_ms = std::stod(at("silicon_ttft_ms"));
    row.tpot_ms = std::stod(at("silicon_tpot_ms"));
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<ServingRow> published_rows() {
  std::vector<ServingRow> out;
  // TensorRT-LLM 1.0, docs/source/performance/perf-overview.md: offline, all requests queued.
  const ModelSpec gpt_oss = catalog_model("gpt-oss-20b");
  out.push_back(throughput_row("trtllm-1.0", gpt_oss, 1000, 1000, 3000, 11557));
  out.push_back(throughput_row("trtllm-1.0", gpt_oss, 8192, 1024, 1500, 3366));
  out.push_back(throughput_row("trtllm-1.0", gpt_oss, 32768, 1024, 1000, 785));
  const ModelSpec llama_fp8 = in_fp8(catalog_model("llama-3.1-8b"));
  out.push_back(throughput_row("trtllm-1.0", llama_fp8, 1000, 1000, 3000, 15220));
  out.push_back(throughput_row("trtllm-1.0", llama_fp8, 2048, 128, 3000, 3450));
  out.push_back(throughput_row("trtllm-1.0", llama_fp8, 2048, 2048, 1500, 9305));
  out.push_back(throughput_row("trtllm-1.0", llama_fp8, 5000, 500, 1500, 3459));
  out.push_back(throughput_row("trtllm-1.0", llama_fp8, 20000, 2000, 1000, 1351));
  // gpustack performance lab: vLLM 0.11.0, random lengths, all at once. Outputs of up to 200 are
  // counted at the mean that follows from its output and total token rates.
  out.push_back(throughput_row("vllm-0.11", gpt_oss, 4000, 105, 500, 847));
  out.push_back(throughput_row("vllm-0.11", gpt_oss, 32000, 94, 100, 87));
  for (auto& row : out) {
    if (row.engine == "vllm-0.11") row.max_batch_sequences = 1024;
  }
  // gpustack performance lab: Qwen3-8B, vLLM 0.11.0, ShareGPT (mean 215 in, 204 out).
  const auto share_gpt = [&](std::int32_t concurrency, double ttft_ms, double tpot_ms,
                             double rate) {
    ServingRow row = throughput_row("vllm-0.11", catalog_model("qwen3-8b"), 215, 204, 100, rate);
    row.concurrency = concurrency;
    row.max_batch_sequences = 256;
    row.ttft_ms = ttft_ms;
    row.tpot_ms = tpot_ms;
    out.push_back(std::move(row));
  };
  share_gpt(1, 59.0, 7.28, 133);
  share_gpt(4, 64.0, 7.38, 497);
  share_gpt(8, 74.6, 7.71, 917);
  return out;
}

}  // namespace pagequest::bench
