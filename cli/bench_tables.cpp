// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_tables.h"

#include <algorithm>
#include <string>

#include "engine/bench/ceilings.h"
#include "engine/bench/step_needs.h"
#include "engine/ops/cpu/isa.h"

namespace pagequest::cli {
namespace {

using bench::quantile;

constexpr double kGiga = 1e9;
constexpr double kMebi = 1024.0 * 1024.0;
constexpr double kQuiet = 0.1;  // the steps that other load on the machine disturbed least

/// Of the dot products that the model's matrices take.
struct Peak {
  std::string type;
  double gflops;
};

Peak peak_of(const model::Model& model, int threads) {
  const bool bf16 = model.weights().types().front() == ops::WeightType::bf16;
  return bf16 ? Peak{"bf16 dot products", bench::peak_bf16_gflops(threads)}
              : Peak{"f32", bench::peak_gflops(threads)};
}

ResultTable machine_table(const runtime::EngineConfig& config, const bench::BenchSamples& samples,
                          const Peak& peak) {
  ResultTable table("machine", "What the processor and its memory can do, measured in this run.",
                    {{"kernels", ""},
                     {"threads", "threads"},
                     {"read_gb_per_s", "GB/s, median"},
                     {"best_read_gb_per_s", "GB/s"},
                     {"peak_gflop_per_s", "GFLOP/s, " + peak.type}});
  table.add({std::string(ops::to_string(ops::best_isa())), std::int64_t{config.threads},
             samples.read_gbps(0.5), samples.read_gbps(1.0), peak.gflops});
  return table;
}

/// "fp8, bf16": those with the most bytes first.
std::string weight_types(const model::Model& model) {
  std::string names;
  for (const ops::WeightType type : model.weights().types()) {
    names += (names.empty() ? "" : ", ") + std::string(ops::to_string(type));
  }
  return names;
}

ResultTable model_table(const model::Model& model, const runtime::EngineConfig& config,
                        const bench::BenchSamples& samples, const bench::StepNeeds& needs) {
  ResultTable table("model", "What was measured.",
                    {{"model", ""},
                     {"weight_types", ""},
                     {"weight_mb_per_token", "MB read"},
                     {"kv_type", ""},
                     {"kv_bytes_per_token", "bytes"},
                     {"page_size", "tokens"},
                     {"prefill_chunk", "tokens"}});
  table.add({model.name(), weight_types(model), needs.weight_bytes() / 1e6,
             std::string(ops::to_string(samples.kv_type)), needs.kv_bytes(1),
             std::int64_t{config.page_size}, std::int64_t{config.prefill_chunk}});
  return table;
}

void add_decode(ResultTable& table, const bench::StepNeeds& needs, const bench::DecodeSamples& at,
                const std::string& capture, const std::vector<double>& seconds) {
  const double bytes = needs.decode_bytes(at.context);
  const double median = quantile(seconds, 0.5);
  std::vector<double> shares;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    shares.push_back(bytes / seconds[i] / kGiga / at.read_gbps[i]);
  }
  table.add({std::int64_t{at.depth}, capture, static_cast<std::int64_t>(seconds.size()), 1 / median,
             1 / quantile(seconds, kQuiet), bytes, bytes / median / kGiga,
             quantile(std::move(shares), 0.5)});
}

ResultTable decode_table(const bench::BenchSamples& samples, const bench::StepNeeds& needs) {
  ResultTable table("decode",
                    "Steps of one sequence. Bytes: weights, keys and values that a step must read. "
                    "The share is the median over pairs of a step and a reading of the memory; a "
                    "model that fits into the caches may exceed it.",
                    {{"depth", "tokens"},
                     {"capture", ""},
                     {"steps", "steps"},
                     {"tokens_per_s", "tokens/s, median"},
                     {"quiet_tokens_per_s", "tokens/s, 90th percentile"},
                     {"bytes_per_token", "bytes"},
                     {"gb_per_s", "GB/s"},
                     {"read_bandwidth_share", "share"}});
  for (const bench::DecodeSamples& at : samples.decode) {
    add_decode(table, needs, at, "off", at.plain_s);
    if (!at.capture_s.empty()) add_decode(table, needs, at, "on", at.capture_s);
  }
  return table;
}

ResultTable capture_table(const bench::BenchSamples& samples) {
  ResultTable table("capture",
                    "Seconds with the capture over seconds without, step by step in turns.",
                    {{"phase", ""},
                     {"depth", "tokens"},
                     {"pairs", "pairs"},
                     {"time_ratio", "median ratio"},
                     {"overhead", "share"}});
  const auto add = [&](const char* phase, std::int32_t depth, const std::vector<double>& on,
                       const std::vector<double>& off) {
    if (on.empty()) return;
    const double ratio = bench::median_ratio(on, off);
    table.add({std::string(phase), std::int64_t{depth}, static_cast<std::int64_t>(on.size()), ratio,
               ratio - 1});
  };
  for (const auto& at : samples.decode) add("decode", at.depth, at.capture_s, at.plain_s);
  add("prefill", 0, samples.prefill.capture_s, samples.prefill.plain_s);
  return table;
}

ResultTable prefill_table(const bench::BenchSamples& samples, const bench::StepNeeds& needs,
                          const Peak& peak) {
  ResultTable table("prefill", "A prompt alone. Bytes: the weights once an iteration.",
                    {{"tokens", "tokens"},
                     {"capture", ""},
                     {"prompts", "prompts"},
                     {"tokens_per_s", "tokens/s, median"},
                     {"best_tokens_per_s", "tokens/s"},
                     {"gflop_per_s", "GFLOP/s"},
                     {"peak_gflop_share", "share"},
                     {"gb_per_s", "GB/s"},
                     {"read_bandwidth_share", "share"}});
  const bench::PrefillSamples& prefill = samples.prefill;
  const auto add = [&](const char* capture, const std::vector<double>& seconds) {
    if (seconds.empty()) return;
    const double median = quantile(seconds, 0.5);
    const double gflops = needs.prefill_flops(prefill.tokens) / median / kGiga;
    const double gbps = prefill.iterations * needs.weight_bytes() / median / kGiga;
    table.add({std::int64_t{prefill.tokens}, std::string(capture),
               static_cast<std::int64_t>(seconds.size()), prefill.tokens / median,
               prefill.tokens / quantile(seconds, 0.0), gflops, gflops / peak.gflops, gbps,
               gbps / samples.read_gbps(0.5)});
  };
  add("off", prefill.plain_s);
  add("on", prefill.capture_s);
  return table;
}

ResultTable memory_table(const bench::BenchSamples& samples) {
  ResultTable table("memory", "Weights and KV pool against what the process holds.",
                    {{"weights_mib", "MiB"},
                     {"kv_pool_mib", "MiB"},
                     {"resident_mib", "MiB"},
                     {"resident_over_needed", "ratio"}});
  const auto needed = static_cast<double>(samples.weight_bytes + samples.pool_bytes);
  const auto resident = static_cast<double>(samples.resident_bytes);
  table.add({static_cast<double>(samples.weight_bytes) / kMebi,
             static_cast<double>(samples.pool_bytes) / kMebi, resident / kMebi, resident / needed});
  return table;
}

}  // namespace

std::vector<ResultTable> bench_tables(const model::Model& model,
                                      const runtime::EngineConfig& config,
                                      const bench::BenchSamples& samples) {
  const bench::StepNeeds needs(model, samples.kv_type);
  const Peak peak = peak_of(model, config.threads);
  std::vector<ResultTable> tables = {machine_table(config, samples, peak),
                                     model_table(model, config, samples, needs)};
  if (!samples.decode.empty()) tables.push_back(decode_table(samples, needs));
  if (!samples.prefill.plain_s.empty()) tables.push_back(prefill_table(samples, needs, peak));
  tables.push_back(capture_table(samples));
  if (tables.back().rows().empty()) tables.pop_back();
  tables.push_back(memory_table(samples));
  return tables;
}

}  // namespace pagequest::cli
