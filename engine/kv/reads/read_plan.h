// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/eviction_policy.h"
#include "engine/kv/reads/read_selection.h"

namespace pagequest::kv {

/// Chooses the pages that the decode steps of one thread attend to, for each KV head by itself.
///
/// A stable head ranks the pages at the first decode step behind a prefill and each rerank_steps
/// later. In between it reads what it chose then, and all that began since. An unstable head ranks
/// at each step. What is chosen depends on the thread's own steps and bounds only.
class ReadPlan {
 public:
  /// Throws usage_error on an unstable head that the model does not have.
  ReadPlan(const ReadSelection& selection, const KvShape& shape);

  /// A step that reads everything: the next decode step ranks.
  void begin_prefill() { step_ = 0; }
  void begin_decode();

  /// Of the decode step that began last. A head that neither reads all nor ranks needs no bounds.
  [[nodiscard]] bool reads_all(std::int32_t layer) const { return layer < selection_.dense_layers; }
  [[nodiscard]] bool ranks(std::int32_t layer, std::int32_t kv_head) const {
    return stable_ranks_ || head(layer, kv_head).unstable;
  }

  /// Indices of the pages that the head reads, ascending, at most once a step and head. `pages` are
  /// logical ones, ascending; `bounds` (page), empty unless the head ranks. Equal bounds go to the
  /// newer page. Different heads may be asked at once by different threads.
  void choose(std::int32_t layer, std::int32_t kv_head, std::span<const std::int32_t> pages,
              std::span<const float> bounds, std::vector<std::int32_t>& chosen);

  /// As at the beginning of the thread.
  void reset();

 private:
  struct Head {
    bool unstable = false;
    std::vector<std::int32_t> kept = {};  // logical pages of the last ranking, ascending
    std::int32_t newest = -1;             // page at the last ranking
  };

  [[nodiscard]] std::size_t number(std::int32_t layer, std::int32_t kv_head) const {
    return static_cast<std::size_t>(layer) * static_cast<std::size_t>(shape_.kv_heads) +
           static_cast<std::size_t>(kv_head);
  }
  [[nodiscard]] const Head& head(std::int32_t layer, std::int32_t kv_head) const {
    return heads_[number(layer, kv_head)];
  }
  void mark_unstable();
  void rank(std::span<const float> bounds, std::vector<std::int32_t>& chosen) const;

  ReadSelection selection_;
  KvShape shape_;
  std::int32_t step_ = 0;      // of the next decode step, behind the last ranking
  bool stable_ranks_ = false;  // in the decode step under way
  std::vector<Head> heads_;    // (layer, KV head)
};

}  // namespace pagequest::kv
