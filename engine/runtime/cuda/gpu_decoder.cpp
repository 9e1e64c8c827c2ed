// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/gpu_decoder.h"

#include <cmath>
#include <cstddef>

namespace pagequest::runtime::PQ_CUDA_NS {

GpuDecoder::GpuDecoder(const model::ModelConfig& model, const DeviceWeights& weights,
                       const DeviceKvCache& cache, const DeviceRope& rope,
                       const DeviceWorkspace& work, int multiprocessors)
    : model_(model),
      weights_(weights),
      cache_(cache),
      rope_(rope),
      work_(work),
      multiprocessors_(multiprocessors) {}

void GpuDecoder::run(const PassPlan& plan, const DeviceBatch& batch, const gpu::Stream& stream,
                     PassObserver& observer) const {
  const Pass pass{plan, batch, stream, observer};
  observer.set_rows(plan.rows);
  embed(pass);
  std::int64_t rows = plan.rows;
  for (std::int32_t layer = 0; layer < model_.layers; ++layer) {
    attention_block(pass, layer);
    // Behind the last attention, only the rows that give logits matter.
    if (layer + 1 == model_.layers) {
      keep_outputs(pass);
      rows = plan.kept_rows();
      observer.set_rows(rows);
    }
    if (rows > 0) feed_forward_block(pass, layer, rows);
  }
  if (rows > 0) outputs(pass);
}

void GpuDecoder::embed(const Pass& pass) const {
  pass.observer.run(OperationKind::embed, -1, pass.stream, [&] {
    gpu::embed({.table = weights_.embedding(),
                .tokens = pass.batch.view().tokens,
                .rows = pass.plan.rows,
                .out = work_.residual.f32()},
               pass.stream);
  });
}

void GpuDecoder::attention_block(const Pass& pass, std::int32_t layer) const {
  const DeviceLayer& weights = weights_.layers()[static_cast<std::size_t>(layer)];
  const DeviceLinear& projection = weights.query_key_value;
  normalise(pass, layer, pass.plan.rows, weights.attention_norm, projection.element());
  multiply(pass, OperationKind::query_key_value, layer,
           {.matrix = projection.matrix,
            .bias = projection.bias,
            .x = work_.normalised.as(projection.element()),
            .x_remainder = {},
            .rows = pass.plan.rows,
            .y = work_.query_key_value.f32()});
  store_keys(pass, layer, weights.attention_output.element());
  attend(pass, layer, weights.attention_output.element());
}

void GpuDecoder::store_keys(const Pass& pass, std::int32_t layer, gpu::Element element) const {
  const DeviceLayer& weights = weights_.layers()[static_cast<std::size_t>(layer)];
  pass.observer.run(OperationKind::store_kv, layer, pass.stream, [&] {
    gpu::store_kv({.batch = pass.batch.view(),
                   .kv = cache_.view(),
                   .layer = layer,
                   .query_key_value = work_.query_key_value.f32(),
                   .query_norm = weights.query_norm,
                   .key_norm = weights.key_norm,
                   .epsilon = model_.rms_norm_epsilon,
                   .cosines = rope_.cosines(),
                   .sines = rope_.sines(),
                   .queries = work_.queries.as(element)},
                  pass.stream);
  });
}

void GpuDecoder::attend(const Pass& pass, std::int32_t layer, gpu::Element element) const {
  pass.observer.run(OperationKind::attention, layer, pass.stream, [&] {
    gpu::attention({.batch = pass.batch.view(),
                    .kv = cache_.view(),
                    .layer = layer,
                    .window = model_.window(layer),
                    .scale = 1.0F / std::sqrt(static_cast<float>(model_.head_dim)),
                    .sinks = weights_.layers()[static_cast<std::size_t>(layer)].sinks,
                    .queries = work_.queries.as(element),
                    .out = work_.attended.as(element),
                    .captures = pass.plan.captures,
                    .scratch = work_.attention_scratch()},
                   multiprocessors_, pass.stream);
  });
}

void GpuDecoder::keep_outputs(const Pass& pass) const {
  const gpu::Element attended = weights_.layers().back().attention_output.element();
  for (const RowMove& move : pass.plan.moves) {
    work_.residual.move(move, gpu::Element::f32, pass.stream);
    work_.attended.move(move, attended, pass.stream);
  }
}

void GpuDecoder::feed_forward_block(const Pass& pass, std::int32_t layer, std::int64_t rows) const {
  const DeviceLinear& projection =
      weights_.layers()[static_cast<std::size_t>(layer)].attention_output;
  multiply(pass, OperationKind::attention_output, layer,
           {.matrix = projection.matrix,
            .bias = projection.bias,
            .x = work_.attended.as(projection.element()),
            .x_remainder = {},
            .rows = rows,
            .y = work_.residual.f32(),
            .epilogue = gpu::Epilogue::add});
  if (model_.is_sparse(layer)) {
    sparse(pass, layer, rows);
  } else {
    dense(pass, layer, rows);
  }
}

void GpuDecoder::dense(const Pass& pass, std::int32_t layer, std::int64_t rows) const {
  const DeviceLayer& weights = weights_.layers()[static_cast<std::size_t>(layer)];
  const gpu::Element element = weights.gate_up.element();
  normalise(pass, layer, rows, weights.feed_forward_norm, element);
  multiply(pass, OperationKind::gate_up, layer,
           {.matrix = weights.gate_up.matrix,
            .bias = weights.gate_up.bias,
            .x = work_.normalised.as(element),
            .x_remainder = {},
            .rows = rows,
            .y = work_.activated.as(element),
            .epilogue = activation()});
  multiply(pass, OperationKind::down, layer,
           {.matrix = weights.down.matrix,
            .bias = weights.down.bias,
            .x = work_.activated.as(element),
            .x_remainder = {},
            .rows = rows,
            .y = work_.residual.f32(),
            .epilogue = gpu::Epilogue::add});
}

void GpuDecoder::sparse(const Pass& pass, std::int32_t layer, std::int64_t rows) const {
  const DeviceLayer& weights = weights_.layers()[static_cast<std::size_t>(layer)];
  const gpu::Element element = element_for(weights.expert_gate_up.first.type);
  route(pass, layer, rows);
  if (element != weights.router.element()) {
    normalise(pass, layer, rows, weights.feed_forward_norm, element);
  }
  pass.observer.run(OperationKind::experts, layer, pass.stream, [&] {
    gpu::experts({.routing = routing(rows),
                  .gate_up = weights.expert_gate_up,
                  .down = weights.expert_down,
                  .activation = activation(),
                  .x = work_.normalised.as(element),
                  .activated = work_.experts.activated.as(element),
                  .outputs = work_.experts.outputs.f32(),
                  .residual = work_.residual.f32()},
                 work_.linear_scratch, pass.stream);
  });
}

void GpuDecoder::route(const Pass& pass, std::int32_t layer, std::int64_t rows) const {
  const DeviceLayer& weights = weights_.layers()[static_cast<std::size_t>(layer)];
  const gpu::Element element = weights.router.element();
  normalise(pass, layer, rows, weights.feed_forward_norm, element, true);
  pass.observer.run(OperationKind::route, layer, pass.stream, [&] {
    gpu::linear({.matrix = weights.router.matrix,
                 .bias = weights.router.bias,
                 .x = work_.normalised.as(element),
                 .x_remainder = remainder_of(element),  // rounding must not choose other experts
                 .rows = rows,
                 .y = work_.experts.router.f32()},
                work_.linear_scratch, pass.stream);
    gpu::route(routing(rows), pass.stream);
  });
}

void GpuDecoder::outputs(const Pass& pass) const {
  const std::int64_t rows = pass.plan.kept_rows();
  const gpu::Element element = element_for(weights_.logits().type);
  normalise(pass, -1, rows, weights_.final_norm(), element, true);
  multiply(pass, OperationKind::logits, -1,
           {.matrix = weights_.logits(),
            .bias = nullptr,
            .x = work_.normalised.as(element),
            .x_remainder = remainder_of(element),  // the last rounding before a token is chosen
            .rows = rows,
            .y = work_.logits().f32()});
  pass.observer.run(OperationKind::sample, -1, pass.stream, [&] {
    gpu::sample({.logits = work_.logits().as_floats(),
                 .stride = work_.logits().stride,
                 .rows = rows,
                 .vocabulary = model_.vocabulary,
                 .sampling = pass.batch.sampling(),
                 .tokens = work_.tokens(),
                 .scratch = work_.sample_scratch()},
                pass.stream);
  });
}

void GpuDecoder::normalise(const Pass& pass, std::int32_t layer, std::int64_t rows,
                           const float* weight, gpu::Element element, bool precise) const {
  pass.observer.run(OperationKind::norm, layer, pass.stream, [&] {
    gpu::rms_norm({.x = work_.residual.f32(),
                   .rows = rows,
                   .width = model_.hidden_size,
                   .weight = weight,
                   .epsilon = model_.rms_norm_epsilon,
                   .out = work_.normalised.as(element),
                   .remainder = precise ? remainder_of(element) : gpu::RowsView{}},
                  pass.stream);
  });
}

gpu::RowsView GpuDecoder::remainder_of(gpu::Element element) const {
  return element == gpu::Element::f32 ? gpu::RowsView{} : work_.remainder.as(element);
}

void GpuDecoder::multiply(const Pass& pass, OperationKind kind, std::int32_t layer,
                          const gpu::LinearArgs& args) const {
  gpu::LinearArgs product = args;
  product.library = &library_;
  pass.observer.run(kind, layer, pass.stream,
                    [&] { gpu::linear(product, work_.linear_scratch, pass.stream); });
}

gpu::Epilogue GpuDecoder::activation() const {
  return model_.activation == model::Activation::swiglu ? gpu::Epilogue::swiglu
                                                        : gpu::Epilogue::clamped_swiglu;
}

gpu::RouteArgs GpuDecoder::routing(std::int64_t rows) const {
  const DeviceExpertRows& experts = work_.experts;
  return {.logits = experts.router.as_floats(),
          .stride = experts.router.stride,
          .rows = rows,
          .experts = model_.moe.experts,
          .experts_per_token = model_.moe.experts_per_token,
          .normalise_weights = model_.moe.normalise_weights,
          .chosen = experts.chosen,
          .weights = experts.weights,
          .first = experts.first,
          .place = experts.place,
          .source = experts.source};
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
