// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/ops/cpu/kernels.h"

namespace pagequest::runtime {

/// One sequence's part of a forward pass: consecutive tokens whose pages are allocated.
struct ForwardChunk {
  std::span<const std::int32_t> tokens;
  std::int32_t first_position = 0;
  std::vector<ops::AttendedPage> pages;  // with live tokens, the chunk's own included; ascending
  float* logits = nullptr;               // of the last token, (vocabulary); null: not wanted
  float* mean = nullptr;                 // (layer, KV head, page); null: no capture
  float* max = nullptr;
  std::int32_t capture_rows = 1;  // last rows whose attention is averaged

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(tokens.size()); }
  [[nodiscard]] std::int64_t page_count() const { return static_cast<std::int64_t>(pages.size()); }
};

}  // namespace pagequest::runtime
