// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/operation_costs.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

namespace pagequest::runtime {
namespace {

constexpr double kF32 = sizeof(float);

OperationCost cost_of(double bytes, double flops) {
  return {.bytes = std::llround(bytes), .flops = std::llround(flops)};
}

double elements(const ops::PackedMatrix& matrix) {
  return static_cast<double>(matrix.outputs()) * static_cast<double>(matrix.inputs());
}

Phase phase_of(std::span<const ForwardChunk> chunks) {
  const auto decodes = [](const ForwardChunk& chunk) { return chunk.rows() == 1; };
  if (std::ranges::all_of(chunks, decodes)) return Phase::decode;
  return std::ranges::none_of(chunks, decodes) ? Phase::prefill : Phase::mixed;
}

/// Distinct experts that `rows` tokens choose if all are equally likely, on average.
double distinct_experts(const model::ExpertConfig& moe, double rows) {
  const double missed = 1.0 - static_cast<double>(moe.experts_per_token) / moe.experts;
  return moe.experts * (1.0 - std::pow(missed, rows));
}

}  // namespace

double weight_bytes(const ops::PackedMatrix& matrix) {
  if (matrix.outputs() == 0) return 0.0;
  return static_cast<double>(matrix.bytes()) * static_cast<double>(matrix.outputs()) /
         static_cast<double>(matrix.padded_outputs());
}

double kv_element_bytes(ops::KvType type, std::int32_t head_dim) {
  if (type == ops::KvType::f32) return kF32;
  if (type == ops::KvType::bf16) return 2.0;
  return 1.0 + kF32 / head_dim;
}

OperationCosts::OperationCosts(const model::Model& model, const KvGroups& groups,
                               ops::KvType kv_type, const ActivationStorage& storage)
    : config_(model.config()),
      weights_(model.weights()),
      groups_(groups),
      storage_(storage),
      query_width_(static_cast<double>(config_.query_heads) * config_.head_dim),
      kv_width_(static_cast<double>(config_.kv_heads) * config_.head_dim),
      kv_bytes_(kv_element_bytes(kv_type, config_.head_dim)) {}

void OperationCosts::set_pass(std::span<const ForwardChunk> chunks) {
  phase_ = phase_of(chunks);
  rows_ = 0.0;
  seen_.assign(groups_.groups().size(), {});
  for (const ForwardChunk& chunk : chunks) {
    rows_ += static_cast<double>(chunk.rows());
    for (std::size_t group = 0; group < seen_.size(); ++group) {
      const Seen seen = seen_by(chunk, chunk.groups[group], groups_.groups()[group].window);
      seen_[group].tokens += seen.tokens;
      seen_[group].pairs += seen.pairs;
    }
  }
}

OperationCosts::Seen OperationCosts::seen_by(const ForwardChunk& chunk, const GroupPages& group,
                                             std::int32_t window) {
  const std::int64_t reach = window == 0 ? std::numeric_limits<std::int32_t>::max() : window;
  Seen seen;
  for (const ops::AttendedPage& page : group.pages) {
    for (std::uint64_t live = page.live; live != 0; live &= live - 1) {
      // Of the chunk's first row; that row sees the tokens at 0 to 1 - reach.
      const std::int64_t at = page.first_position + std::countr_zero(live) - chunk.first_position;
      const std::int64_t rows = std::min(chunk.rows(), at + reach) - std::max<std::int64_t>(0, at);
      if (rows <= 0) continue;
      seen.tokens += 1.0;
      seen.pairs += static_cast<double>(rows);
    }
  }
  return seen;
}

const model::LayerWeights& OperationCosts::weights_of(std::int32_t layer) const {
  return weights_.layers[static_cast<std::size_t>(layer)];
}

OperationCost OperationCosts::of(OperationKind kind, std::int32_t layer,
                                 std::int64_t row_count) const {
  const auto rows = static_cast<double>(row_count);
  const double added = 2 * kF32;  // the residual is read and written
  switch (kind) {
    case OperationKind::embed:
      return embed(rows);
    case OperationKind::norm:
      return norm(rows);
    case OperationKind::query_key_value:
      return product(weights_of(layer).query_key_value.matrix, rows, kF32);
    case OperationKind::store_kv:
      return store_kv(rows);
    case OperationKind::attention:
      return attention(layer);
    case OperationKind::attention_output:
      return product(weights_of(layer).attention_output.matrix, rows, added);
    case OperationKind::gate_up:
      return gate_up(layer, rows);
    case OperationKind::activation:
      return activation(rows);
    case OperationKind::down:
      return product(weights_of(layer).dense.down.matrix, rows, added);
    case OperationKind::route:
      return product(weights_of(layer).router.matrix, rows, kF32);
    case OperationKind::experts:
      return experts(layer, rows);
    case OperationKind::logits:
      return product(weights_.logits(), rows, kF32);
    case OperationKind::sample:
      return cost_of(rows * kF32 * config_.vocabulary, 0.0);
    case OperationKind::copy_pages:
    case OperationKind::upload:
    case OperationKind::download:
      break;
  }
  return {};
}

OperationCost OperationCosts::of(const PageTransfers& transfers, std::int64_t page_bytes) const {
  const double row = 2.0 * groups_.planes() * config_.head_dim * kv_bytes_;  // its key and value
  double bytes = static_cast<double>(std::ssize(transfers.copies) * page_bytes);
  for (const kv::RowMove& move : transfers.moves) bytes += row * std::popcount(move.from_rows);
  return cost_of(2 * bytes, 0.0);
}

OperationCost OperationCosts::embed(double rows) const {
  const double row = weight_bytes(weights_.embedding) / config_.vocabulary;
  return cost_of(rows * (row + kF32 * config_.hidden_size), 0.0);
}

OperationCost OperationCosts::norm(double rows) const {
  constexpr double kFlops = 4.0;  // of an element: square, sum, scale, weight
  const double width = config_.hidden_size;
  const double moved = kF32 + static_cast<double>(storage_.element_bytes);
  return cost_of(width * (rows * moved + kF32), kFlops * rows * width);
}

OperationCost OperationCosts::store_kv(double rows) const {
  constexpr double kRotation = 3.0;  // flops of an element
  constexpr double kNorm = 4.0;
  const double rotated = query_width_ + kv_width_;
  const double read = kF32 * (query_width_ + 2 * kv_width_);
  const double written =
      2 * kv_width_ * kv_bytes_ + query_width_ * static_cast<double>(storage_.element_bytes);
  const double flops = kRotation + (config_.query_key_norm ? kNorm : 0.0);
  return cost_of(rows * (read + written), rows * rotated * flops);
}

OperationCost OperationCosts::attention(std::int32_t layer) const {
  constexpr double kFlops = 4.0;  // of a component: a multiply-add with the key, one with the value
  double tokens = 0.0;            // summed over the KV heads
  double pairs = 0.0;
  for (std::int32_t head = 0; head < config_.kv_heads; ++head) {
    const Seen& seen = seen_[static_cast<std::size_t>(groups_.group_of(layer, head))];
    tokens += seen.tokens;
    pairs += seen.pairs;
  }
  const double queries =
      2 * rows_ * query_width_ * static_cast<double>(storage_.element_bytes);  // and outputs
  const double group = static_cast<double>(config_.query_heads) / config_.kv_heads;
  return cost_of(queries + 2 * tokens * config_.head_dim * kv_bytes_,
                 kFlops * pairs * group * config_.head_dim);
}

OperationCost OperationCosts::product(const ops::PackedMatrix& matrix, double rows,
                                      double output_bytes) const {
  const double inputs = static_cast<double>(matrix.inputs() * storage_.element_bytes);
  const double outputs = static_cast<double>(matrix.outputs()) * output_bytes;
  return cost_of(weight_bytes(matrix) + rows * (inputs + outputs), 2 * rows * elements(matrix));
}

OperationCost OperationCosts::gate_up(std::int32_t layer, double rows) const {
  const double output = static_cast<double>(storage_.element_bytes);
  return product(weights_of(layer).dense.gate_up.matrix, rows,
                 storage_.fused_activation ? output / 2 : kF32);
}

OperationCost OperationCosts::activation(double rows) const {
  constexpr double kFlops = 4.0;  // of a product: exponential, sum, quotient, product
  const double width = config_.intermediate_size;
  return cost_of(rows * width * (2 * kF32 + static_cast<double>(storage_.element_bytes)),
                 kFlops * rows * width);
}

OperationCost OperationCosts::experts(std::int32_t layer, double rows) const {
  const model::FeedForwardWeights& expert = weights_of(layer).experts.front();
  const double matrices = weight_bytes(expert.gate_up.matrix) + weight_bytes(expert.down.matrix);
  const double chosen = rows * config_.moe.experts_per_token;
  const double activated = 2.0 * config_.moe.intermediate_size;  // written, then read
  const double element = static_cast<double>(storage_.element_bytes);
  const double per_row = config_.hidden_size * (element + 2 * kF32);
  return cost_of(distinct_experts(config_.moe, rows) * matrices + rows * per_row +
                     chosen * activated * element,
                 2 * chosen * (elements(expert.gate_up.matrix) + elements(expert.down.matrix)));
}

}  // namespace pagequest::runtime
