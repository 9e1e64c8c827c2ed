// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "engine/bench/gpu_attention.h"
#include "engine/bench/gpu_benchmarks.h"
#include "engine/bench/gpu_linear.h"
#include "engine/model/random_model.h"
#include "tests/bench/gpu_groups.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

GpuDevice this_device() {
  const gpu::DeviceInfo info = gpu::device_info();
  const int capability = info.compute_capability;
  return {
      .name = info.name,
      .compute_capability = std::to_string(capability / 10) + "." + std::to_string(capability % 10),
      .driver = info.driver,
      .runtime = info.runtime,
      .multiprocessors = info.multiprocessors,
      .memory_bytes = info.memory_bytes,
      .l2_bytes = info.l2_bytes,
      .clock_mhz = info.clock_mhz,
      .memory_clock_mhz = info.memory_clock_mhz};
}

/// Of a dense geometry.
LayerShapes shapes_of(const char* geometry) {
  const model::ModelConfig config = model::named_geometry(geometry);
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t query = std::int64_t{config.query_heads} * config.head_dim;
  const std::int64_t key = std::int64_t{config.kv_heads} * config.head_dim;
  const std::int64_t inner = config.intermediate_size;
  return {.matrices = {{"query_key_value", query + 2 * key, hidden, gpu::Epilogue::store},
                       {"attention_output", hidden, query, gpu::Epilogue::add},
                       {"gate_up", 2 * inner, hidden, gpu::Epilogue::swiglu},
                       {"down", hidden, inner, gpu::Epilogue::add}},
          .layers = config.layers};
}

void bench_gemv(const Plan& plan, const char* name, gpu::MatrixType type, Report& report) {
  report.attempt(name, [&] {
    const LayerShapes shapes = shapes_of(plan.large_geometry);
    const GemvSpeed speed = gemv_speed(type, shapes, plan.least_weight_bytes, plan.repeats);
    GpuFigure figure{
        .name = name, .figure = speed.gbps, .share = report.share(kCopyCeiling, speed.gbps)};
    for (std::size_t i = 0; i < shapes.matrices.size(); ++i) {
      figure.details.emplace_back(shapes.matrices[i].name + "_gbps", speed.matrices_gbps[i]);
    }
    report.add(figure);
  });
}

AttentionShape decode_shape(const Plan& plan, std::int32_t context) {
  return {.sequences = plan.attention_sequences,
          .context = context,
          .query_heads = plan.query_heads,
          .kv_heads = plan.kv_heads};
}

/// Overhead of the capture.
double decode_attention(const Plan& plan, const char* name, std::int32_t context, Report& report) {
  const AttentionSpeed speed = attention_speed(decode_shape(plan, context), plan.repeats);
  report.add({.name = name,
              .figure = 1e-9 * speed.bytes / speed.plain_s,
              .share = report.copy_share(speed.bytes, speed.plain_s),
              .details = {{"microseconds", 1e6 * speed.plain_s},
                          {"microseconds_with_capture", 1e6 * speed.capture_s},
                          {"capture_overhead", speed.capture_overhead()},
                          {"sequences", plan.attention_sequences},
                          {"context", context},
                          {"query_heads", plan.query_heads},
                          {"kv_heads", plan.kv_heads}}});
  return speed.capture_overhead();
}

void prefill_attention(const Plan& plan, Report& report) {
  AttentionShape shape = decode_shape(plan, plan.context);
  shape.sequences = 1;
  shape.rows = shape.context;
  const AttentionSpeed speed = attention_speed(shape, plan.repeats);
  const double tflops = 1e-12 * speed.flops / speed.plain_s;
  report.add({.name = "attention_prefill_8k",
              .figure = tflops,
              .share = report.share(kMatmulCeiling, tflops),
              .details = {{"capture_overhead", speed.capture_overhead()}}});
}

}  // namespace

void bench_ceilings(const Plan& plan, Report& report) {
  report.attempt("the device", [&] { report.set_device(this_device()); });
  report.attempt(kCopyCeiling, [&] {
    report.set_ceiling(kCopyCeiling, copy_gbps(plan.copy_bytes, plan.repeats));
  });
  report.attempt(kMatmulCeiling, [&] {
    report.set_ceiling(kMatmulCeiling, matmul_tflops(plan.matmul, plan.repeats));
  });
}

void bench_linear(const Plan& plan, Report& report) {
  bench_gemv(plan, "gemv_bf16", gpu::MatrixType::bf16, report);
  bench_gemv(plan, "gemv_fp8", gpu::MatrixType::fp8, report);
  bench_gemv(plan, "gemv_int8", gpu::MatrixType::int8, report);
  bench_gemv(plan, "gemv_mxfp4", gpu::MatrixType::mxfp4, report);
  report.attempt("graph_gain", [&] {
    report.add(
        {.name = "graph_gain", .figure = graph_gain(shapes_of(plan.small_geometry), plan.repeats)});
  });
}

void bench_attention(const Plan& plan, Report& report) {
  std::vector<double> overheads;
  report.attempt("attention_b32_8k", [&] {
    overheads.push_back(decode_attention(plan, "attention_b32_8k", plan.context, report));
  });
  report.attempt("attention_b32_64k", [&] {
    overheads.push_back(decode_attention(plan, "attention_b32_64k", plan.long_context, report));
  });
  if (!overheads.empty()) {
    report.add({.name = "capture_overhead", .figure = *std::ranges::max_element(overheads)});
  }
  report.attempt("attention_prefill_8k", [&] { prefill_attention(plan, report); });
}

}  // namespace pagequest::bench::PQ_CUDA_NS
