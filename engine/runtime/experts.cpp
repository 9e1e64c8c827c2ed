// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/experts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

namespace pagequest::runtime {
namespace {

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

/// The experts with the largest logits (ties: the lowest expert), ascending, and their weights.
void choose_experts(const float* logits, const model::ExpertConfig& moe, std::int32_t* chosen,
                    float* weights) {
  std::vector<std::int32_t> order(at(moe.experts));
  std::iota(order.begin(), order.end(), 0);
  const auto end = order.begin() + moe.experts_per_token;
  std::partial_sort(order.begin(), end, order.end(), [&](std::int32_t a, std::int32_t b) {
    // NaN comes last: it still spoils the weights, and the engine refuses the logits.
    const float first = std::isnan(logits[a]) ? -std::numeric_limits<float>::infinity() : logits[a];
    const float second =
        std::isnan(logits[b]) ? -std::numeric_limits<float>::infinity() : logits[b];
    return first != second ? first > second : a < b;
  });
  const float largest = logits[order[0]];
  std::sort(order.begin(), end);
  float total = 0.0F;
  const std::int32_t counted = moe.normalise_weights ? moe.experts_per_token : moe.experts;
  for (std::int32_t i = 0; i < counted; ++i) total += std::exp(logits[order[at(i)]] - largest);
  for (std::int32_t i = 0; i < moe.experts_per_token; ++i) {
    chosen[i] = order[at(i)];
    weights[i] = std::exp(logits[chosen[i]] - largest) / total;
  }
}

/// Sorts the (row, slot) pairs by expert: a counting sort that keeps the order of rows.
void group_by_expert(const model::ExpertConfig& moe, std::int64_t rows, ExpertRows& experts) {
  const std::int64_t slots = rows * moe.experts_per_token;
  std::fill(experts.first.begin(), experts.first.end(), 0);
  for (std::int64_t i = 0; i < slots; ++i) ++experts.first[at(experts.chosen[at(i)] + 1)];
  for (std::int64_t e = 0; e < moe.experts; ++e) experts.first[at(e + 1)] += experts.first[at(e)];
  std::vector<std::int64_t> next(experts.first.begin(), experts.first.end() - 1);
  for (std::int64_t i = 0; i < slots; ++i) {
    const std::int64_t place = next[at(experts.chosen[at(i)])]++;
    experts.place[at(i)] = place;
    experts.source[at(place)] = i / moe.experts_per_token;
  }
}

/// A part of one expert's product.
struct ExpertPart {
  std::int64_t expert;
  std::int64_t first_panel;
  std::int64_t end_panel;
};

template <class MatrixOf>
std::vector<ExpertPart> expert_parts(const Team& team, const ExpertRows& experts,
                                     std::int64_t expert_count, const MatrixOf& matrix_of) {
  std::vector<ExpertPart> parts;
  for (std::int64_t e = 0; e < expert_count; ++e) {
    const std::int64_t rows = experts.first[at(e + 1)] - experts.first[at(e)];
    if (rows == 0) continue;
    const std::int64_t panels = matrix_of(e).matrix.panel_count();
    const std::int64_t count = product_parts(team, panels, rows);
    for (std::int64_t i = 0; i < count; ++i) {
      parts.push_back({e, panels * i / count, panels * (i + 1) / count});
    }
  }
  return parts;
}

/// One product of every expert with its own rows.
template <class MatrixOf>
void multiply_experts(const Team& team, const ExpertRows& experts, std::int64_t expert_count,
                      const Activations& x, Activations& y, const MatrixOf& matrix_of) {
  const std::vector<ExpertPart> parts = expert_parts(team, experts, expert_count, matrix_of);
  team.pool.run(std::ssize(parts), [&](std::int64_t index, std::int64_t worker) {
    const ExpertPart& part = parts[at(index)];
    const std::int64_t first = experts.first[at(part.expert)];
    const ProductRows rows{.x = x.values.data() + first * x.stride,
                           .x_stride = x.stride,
                           .rows = experts.first[at(part.expert + 1)] - first,
                           .y = y.row(first),
                           .y_stride = y.stride,
                           .write = Write::replace};
    const model::LinearWeights& weights = matrix_of(part.expert);
    multiply_panels(team, weights.matrix, weights.bias, rows, part.first_panel, part.end_panel,
                    worker);
  });
}

void add_outputs(const Team& team, const model::ModelConfig& config, std::int64_t rows,
                 Workspace& work) {
  const std::int64_t slots = config.moe.experts_per_token;
  for_rows(team, rows, [&](std::int64_t first, std::int64_t end, std::int64_t /*worker*/) {
    for (std::int64_t i = first * slots; i < end * slots; ++i) {
      const float* output = work.experts.output.row(work.experts.place[at(i)]);
      const float weight = work.experts.weights[at(i)];
      float* residual = work.residual.row(i / slots);
      for (std::int64_t d = 0; d < config.hidden_size; ++d) residual[d] += weight * output[d];
    }
  });
}

}  // namespace

void activate(const Team& team, const model::ModelConfig& config, Activations& gate_up,
              std::int64_t rows, std::int64_t width) {
  const auto apply = config.activation == model::Activation::swiglu ? team.kernels.swiglu
                                                                    : team.kernels.clamped_swiglu;
  for_rows(team, rows, [&](std::int64_t first, std::int64_t end, std::int64_t /*worker*/) {
    for (std::int64_t row = first; row < end; ++row) {
      apply(gate_up.row(row), width, gate_up.row(row));
    }
  });
}

void route(const Team& team, const model::ModelConfig& config, const model::LayerWeights& weights,
           std::int64_t rows, Workspace& work) {
  const model::ExpertConfig& moe = config.moe;
  ExpertRows& experts = work.experts;
  multiply(team, weights.router.matrix, weights.router.bias,
           {.x = work.normalised.row(0),
            .x_stride = work.normalised.stride,
            .rows = rows,
            .y = experts.router.row(0),
            .y_stride = experts.router.stride,
            .write = Write::replace,
            .precise = true});  // rounding must not choose other experts
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t slot = row * moe.experts_per_token;
    choose_experts(experts.router.row(row), moe, &experts.chosen[at(slot)],
                   &experts.weights[at(slot)]);
  }
  group_by_expert(moe, rows, experts);
}

void sparse_feed_forward(const Team& team, const model::ModelConfig& config,
                         const model::LayerWeights& weights, std::int64_t rows, Workspace& work) {
  const model::ExpertConfig& moe = config.moe;
  ExpertRows& experts = work.experts;
  const std::int64_t expert_rows = rows * moe.experts_per_token;
  for (std::int64_t i = 0; i < expert_rows; ++i) {
    std::copy_n(work.normalised.row(experts.source[at(i)]), config.hidden_size,
                experts.input.row(i));
  }
  const auto gate_up = [&](std::int64_t e) -> const model::LinearWeights& {
    return weights.experts[at(e)].gate_up;
  };
  const auto down = [&](std::int64_t e) -> const model::LinearWeights& {
    return weights.experts[at(e)].down;
  };
  multiply_experts(team, experts, moe.experts, experts.input, experts.gate_up, gate_up);
  activate(team, config, experts.gate_up, expert_rows, moe.intermediate_size);
  multiply_experts(team, experts, moe.experts, experts.gate_up, experts.output, down);
  add_outputs(team, config, rows, work);
}

}  // namespace pagequest::runtime
