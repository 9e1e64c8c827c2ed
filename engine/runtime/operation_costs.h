// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/operation.h"
#include "engine/model/model.h"
#include "engine/ops/cpu/kv_layout.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/page_transfers.h"

namespace pagequest::runtime {

/// Bytes of a matrix without the padding of its last panel.
[[nodiscard]] double weight_bytes(const ops::PackedMatrix& matrix);

/// Bytes of one component of a key or a value, its share of a scale included.
[[nodiscard]] double kv_element_bytes(ops::KvType type, std::int32_t head_dim);

struct OperationCost {
  std::int64_t bytes = 0;
  std::int64_t flops = 0;  // a multiply-add is two
};

/// How a backend passes activations on. Residual, projected queries, keys and values, and logits
/// are f32 everywhere.
struct ActivationStorage {
  std::int64_t element_bytes = 4;  // of all others
  bool fused_activation = false;   // gate_up gives activated products
};

/// What the operations of one forward pass must move and compute at least: each weight, key, value
/// and activation once. The weights that a sparse layer reads are those of as many experts as even
/// routing chooses on average. Biases and captures do not count.
class OperationCosts {
 public:
  /// `model` and `groups` must outlive the object.
  OperationCosts(const model::Model& model, const KvGroups& groups, ops::KvType kv_type,
                 const ActivationStorage& storage);

  /// The pass that of() speaks of.
  void set_pass(std::span<const ForwardChunk> chunks);
  [[nodiscard]] Phase phase() const { return phase_; }

  /// Of one operation over `rows` rows of the pass; attention always counts all of them. Nothing
  /// for uploads and downloads, whose bytes their callers know. `layer` -1: not of a layer.
  [[nodiscard]] OperationCost of(OperationKind kind, std::int32_t layer, std::int64_t rows) const;
  /// Of copy_pages: everything is read and written. `page_bytes` of a page in all planes of a
  /// group.
  [[nodiscard]] OperationCost of(const PageTransfers& transfers, std::int64_t page_bytes) const;

 private:
  [[nodiscard]] OperationCost embed(double rows) const;
  [[nodiscard]] OperationCost norm(double rows) const;
  [[nodiscard]] OperationCost store_kv(double rows) const;
  [[nodiscard]] OperationCost attention(std::int32_t layer) const;
  [[nodiscard]] OperationCost product(const ops::PackedMatrix& matrix, double rows,
                                      double output_bytes) const;
  [[nodiscard]] OperationCost gate_up(std::int32_t layer, double rows) const;
  [[nodiscard]] OperationCost activation(double rows) const;
  [[nodiscard]] OperationCost experts(std::int32_t layer, double rows) const;
  [[nodiscard]] const model::LayerWeights& weights_of(std::int32_t layer) const;

  /// What the rows of a pass see of one KV group, summed over its chunks.
  struct Seen {
    double tokens = 0.0;  // live ones that some row sees
    double pairs = 0.0;   // of a row and a token that it sees
  };
  [[nodiscard]] static Seen seen_by(const ForwardChunk& chunk, const GroupPages& group,
                                    std::int32_t window);

  const model::ModelConfig& config_;
  const model::Weights& weights_;
  const KvGroups& groups_;
  ActivationStorage storage_;
  double query_width_;  // components of all query heads
  double kv_width_;     // of all KV heads
  double kv_bytes_;     // of one component
  Phase phase_ = Phase::decode;
  double rows_ = 0.0;
  std::vector<Seen> seen_;  // (KV group)
};

}  // namespace pagequest::runtime
