// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "engine/bench/gpu_benchmarks.h"
#include "engine/bench/gpu_engine.h"
#include "engine/bench/step_needs.h"
#include "engine/model/random_model.h"
#include "tests/bench/gpu_groups.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

model::Model random_bf16_model(const char* geometry) {
  return model::random_model(model::named_geometry(geometry), 1, ops::WeightType::bf16);
}

void decode_one(const Plan& plan, const char* name, EngineCase& engine, const StepNeeds& needs,
                Report& report) {
  const DecodeSpeed speed = engine.decode(1, plan.short_depth, plan.steps, false);
  const double bytes = needs.decode_bytes(speed.context);
  GpuFigure figure{.name = name,
                   .figure = 1 / speed.step_s,
                   .share = report.copy_share(bytes, speed.step_s),
                   .details = {{"step_microseconds", 1e6 * speed.step_s},
                               {"gigabytes", 1e-9 * bytes},
                               {"context", speed.context}}};
  report.add(figure);
  for (const auto& [kind, seconds] : engine.profile(plan.short_depth, plan.steps / 2)) {
    figure.details.emplace_back(std::string(to_string(kind)) + "_microseconds", 1e6 * seconds);
  }
  report.add(figure);
}

void prefill(const Plan& plan, EngineCase& engine, const StepNeeds& needs, Report& report) {
  const double seconds = engine.prefill(plan.context, plan.prompts);
  const double tflops = 1e-12 * needs.prefill_flops(plan.context) / seconds;
  report.add({.name = "prefill_8b_8k",
              .figure = tflops,
              .share = report.share(kMatmulCeiling, tflops),
              .details = {{"seconds", seconds}, {"tokens_per_s", plan.context / seconds}}});
}

void capture_overhead(const Plan& plan, EngineCase& engine, Report& report) {
  const DecodeSpeed speed = engine.decode(1, plan.context, plan.steps, true);
  report.add({.name = "capture_overhead_decode_8b",
              .figure = speed.capture_step_s / speed.step_s - 1,
              .details = {{"step_microseconds", 1e6 * speed.step_s},
                          {"microseconds_with_capture", 1e6 * speed.capture_step_s},
                          {"context", speed.context}}});
}

/// The roofline is of one step: its matrices, and the keys and values of all sequences.
void decode_many(const Plan& plan, EngineCase& engine, const StepNeeds& needs,
                 std::int32_t sequences, Report& report) {
  const DecodeSpeed speed = engine.decode(sequences, plan.context, plan.steps, false);
  GpuFigure figure{.name = "decode_8b_b64_8k",
                   .figure = sequences / speed.step_s,
                   .share = std::nullopt,
                   .details = {{"sequences", sequences},
                               {"step_microseconds", 1e6 * speed.step_s},
                               {"context", speed.context}}};
  const auto copy = report.ceiling(kCopyCeiling);
  const auto matmul = report.ceiling(kMatmulCeiling);
  if (copy && matmul) {
    const double weights = std::max(1e-9 * needs.weight_bytes() / *copy,
                                    1e-12 * sequences * needs.decode_flops(0.0) / *matmul);
    const double floor = weights + 1e-9 * sequences * needs.kv_bytes(speed.context) / *copy;
    figure.share = floor / speed.step_s;
    figure.details.emplace_back("roofline_microseconds", 1e6 * floor);
  }
  report.add(figure);
}

}  // namespace

void bench_small_engine(const Plan& plan, Report& report) {
  report.attempt("decode_0.6b_b1", [&] {
    const model::Model model = random_bf16_model(plan.small_geometry);
    EngineCase engine(model, {.device = plan.device, .context = plan.short_depth});
    decode_one(plan, "decode_0.6b_b1", engine, {model, ops::KvType::bf16}, report);
  });
}

void bench_large_engine(const Plan& plan, Report& report) {
  std::optional<model::Model> model;
  std::optional<EngineCase> engine;
  std::int32_t sequences = plan.batch;
  report.attempt("a model of the 8B geometry", [&] {
    model = random_bf16_model(plan.large_geometry);
    if (plan.fits_memory) {
      const std::int64_t room = gpu::device_info().free_bytes;
      sequences = sequences_that_fit(*model, room, plan.context, plan.batch);
    }
    engine.emplace(*model, EngineShape{.device = plan.device,
                                       .sequences = std::max(2, sequences),
                                       .context = plan.context});
  });
  if (!engine) return;
  const StepNeeds needs(*model, ops::KvType::bf16);
  report.attempt("decode_8b_b1", [&] { decode_one(plan, "decode_8b_b1", *engine, needs, report); });
  report.attempt("prefill_8b_8k", [&] { prefill(plan, *engine, needs, report); });
  report.attempt("capture_overhead_decode_8b", [&] { capture_overhead(plan, *engine, report); });
  report.attempt("decode_8b_b64_8k", [&] { decode_many(plan, *engine, needs, sequences, report); });
}

}  // namespace pagequest::bench::PQ_CUDA_NS
