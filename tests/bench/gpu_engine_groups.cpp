// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>

#include "engine/bench/gpu_benchmarks.h"
#include "engine/bench/gpu_engine.h"
#include "engine/bench/step_needs.h"
#include "engine/model/random_model.h"
#if defined(PQ_HAVE_GPU_ENGINE)
#include "engine/runtime/cuda/backend.h"
#endif
#include "tests/bench/gpu_groups.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

model::Model random_bf16_model(const char* geometry) {
  return model::random_model(model::named_geometry(geometry), 1, ops::WeightType::bf16);
}

#if defined(PQ_HAVE_GPU_ENGINE)
const runtime::BackendMaker* maker_for(const Plan& plan) {
  return plan.device == runtime::Device::cuda ? &runtime::PQ_CUDA_NS::backend_maker() : nullptr;
}
#else
const runtime::BackendMaker* maker_for(const Plan& /*plan*/) { return nullptr; }
#endif

EngineShape shape_of(const Plan& plan, std::int32_t sequences, std::int32_t context) {
  return {
      .device = plan.device, .sequences = sequences, .context = context, .maker = maker_for(plan)};
}

GpuFigure decode_one(const Plan& plan, const char* name, EngineCase& engine, const StepNeeds& needs,
                     Report& report) {
  const DecodeSpeed speed = engine.decode(1, plan.short_depth, plan.steps, false);
  const double bytes = needs.decode_bytes(speed.context);
  const GpuFigure figure{.name = name,
                         .figure = 1 / speed.step_s,
                         .share = report.copy_share(bytes, speed.step_s),
                         .details = {{"step_microseconds", 1e6 * speed.step_s},
                                     {"gigabytes", 1e-9 * bytes},
                                     {"context", speed.context}}};
  report.add(figure);
  return figure;
}

/// Adds what the device takes for each kind of operation, by an engine of its own.
void profile(const Plan& plan, const model::Model& model, GpuFigure figure, Report& report) {
  EngineShape shape = shape_of(plan, 1, plan.short_depth);
  shape.profiled = true;
  EngineCase engine(model, shape);
  for (const auto& [kind, speed] : engine.profile(plan.short_depth, plan.steps / 2)) {
    const std::string name(to_string(kind));
    figure.details.emplace_back(name + "_microseconds", 1e6 * speed.seconds);
    if (speed.seconds > 0.0) {
      figure.details.emplace_back(name + "_gbps", 1e-9 * speed.bytes / speed.seconds);
    }
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
  const model::Model model = random_bf16_model(plan.small_geometry);
  std::optional<GpuFigure> figure;
  report.attempt("decode_0.6b_b1", [&] {
    EngineCase engine(model, shape_of(plan, 1, plan.short_depth));
    figure = decode_one(plan, "decode_0.6b_b1", engine, {model, ops::KvType::bf16}, report);
  });
  if (!figure) return;
  report.attempt("operations of decode_0.6b_b1", [&] { profile(plan, model, *figure, report); });
}

void bench_large_engine(const Plan& plan, Report& report) {
  const model::Model model = random_bf16_model(plan.large_geometry);
  const StepNeeds needs(model, ops::KvType::bf16);
  std::optional<EngineCase> engine;
  std::optional<GpuFigure> figure;
  std::int32_t sequences = plan.batch;
  report.attempt("an engine of the 8B geometry", [&] {
    if (plan.fits_memory) {
      const std::int64_t room = gpu::device_info().free_bytes;
      sequences = sequences_that_fit(model, room, plan.context, plan.batch);
    }
    engine.emplace(model, shape_of(plan, std::max(2, sequences), plan.context));
  });
  if (!engine) return;
  report.attempt("decode_8b_b1",
                 [&] { figure = decode_one(plan, "decode_8b_b1", *engine, needs, report); });
  report.attempt("prefill_8b_8k", [&] { prefill(plan, *engine, needs, report); });
  report.attempt("capture_overhead_decode_8b", [&] { capture_overhead(plan, *engine, report); });
  report.attempt("decode_8b_b64_8k", [&] { decode_many(plan, *engine, needs, sequences, report); });
  engine.reset();  // whose weights the next one needs the memory of
  if (!figure) return;
  report.attempt("operations of decode_8b_b1", [&] { profile(plan, model, *figure, report); });
}

}  // namespace pagequest::bench::PQ_CUDA_NS
