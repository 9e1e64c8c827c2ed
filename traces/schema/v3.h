// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/operation.h"
#include "traces/schema/v2.h"

/// Trace format, version 3 (docs/format.md is the prose for readers in other languages).
///
/// Version 2 with kernel times. They belong to the recording, not to an episode: one forward pass
/// computes steps of many. If the header announces them, /operations lists what the passes
/// consisted of and /kernels what ran for it; /kernels/written says how many rows of these tables
/// count.
namespace pagequest::traces::schema::v3 {

inline constexpr std::int32_t kVersion = 3;

/// Index: the number in /operations/kind. Numbers are never reused.
inline constexpr std::array kOperationKindOfNumber = {
    OperationKind::embed,    OperationKind::norm,       OperationKind::query_key_value,
    OperationKind::store_kv, OperationKind::attention,  OperationKind::attention_output,
    OperationKind::gate_up,  OperationKind::activation, OperationKind::down,
    OperationKind::route,    OperationKind::experts,    OperationKind::logits,
    OperationKind::sample,   OperationKind::copy_pages, OperationKind::upload,
    OperationKind::download};
static_assert(kOperationKindOfNumber.size() == kOperationKinds, "every operation has a number");

/// Index: the number in /operations/phase. Numbers are never reused.
inline constexpr std::array kPhaseOfNumber = {Phase::prefill, Phase::decode, Phase::mixed};

/// What a forward pass did, with the bytes and floating-point operations that it needs at least.
struct OperationRow {
  std::int64_t iteration;
  std::int32_t layer;
  std::uint8_t kind;
  std::uint8_t phase;
  std::int64_t bytes;
  std::int64_t flops;
};
struct KernelRow {
  std::int64_t operation;
  std::int32_t name;
  std::int32_t stream;
  std::int64_t start_ns;
  std::int64_t duration_ns;
};
struct KernelNameRow {
  std::int64_t text_begin;
  std::int32_t text_count;
};
struct KernelTextRow {
  std::uint8_t byte;
};
/// Written after all that it counts: the last row holds.
struct KernelsWrittenRow {
  std::int64_t names;
  std::int64_t operations;
  std::int64_t runs;
  std::int64_t dropped;
};

}  // namespace pagequest::traces::schema::v3
