// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/events.h"
#include "traces/header.h"

namespace pagequest::analyzer {

/// One decode step of an episode's main thread; valid while its PagesAttended event is.
struct DecodeStep {
  std::int32_t position = 0;      // of the token that was decoded
  std::int32_t written_page = 0;  // the page that holds it
  const PagesAttended* attention = nullptr;

  /// Page 0 (attention sink) and the page being written stay in any cache.
  [[nodiscard]] bool is_resident(std::int32_t page) const {
    return page == 0 || page == written_page;
  }
  /// Pages that the layer of a stream sees: a sliding window hides those before it.
  [[nodiscard]] std::span<const std::int32_t> pages(std::int32_t stream) const;
  /// Mass per entry of pages(stream), mean or maximum over the query heads of the group.
  [[nodiscard]] std::span<const float> row(std::int32_t stream, bool group_max) const;
  /// How many of attention->pages the layer of a stream does not see.
  [[nodiscard]] std::size_t hidden_pages(std::int32_t stream) const;
};

/// Picks the main thread's decode steps out of the events: prefill chunks and the auxiliary thread
/// are left out, because a chunk's row is a mean over several queries.
class DecodeSteps {
 public:
  explicit DecodeSteps(const traces::Header& header);

  /// A (layer, KV head) pair, counted as layer * KV heads + KV head.
  [[nodiscard]] std::int32_t streams() const { return layers_ * kv_heads_; }
  [[nodiscard]] std::int32_t layer(std::int32_t stream) const { return stream / kv_heads_; }
  [[nodiscard]] std::int32_t kv_head(std::int32_t stream) const { return stream % kv_heads_; }

  /// The step, if this event completes one. Throws input_error if its shape is not the header's.
  [[nodiscard]] std::optional<DecodeStep> observe(const Event& event);

 private:
  std::int32_t page_size_;
  std::int32_t layers_;
  std::int32_t kv_heads_;
  std::optional<std::int32_t> position_;  // of the main decode step whose attention may follow
};

}  // namespace pagequest::analyzer
