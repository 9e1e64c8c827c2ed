// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/event_sink.h"
#include "base/events.h"
#include "engine/kv/eviction_controller.h"
#include "traces/header.h"

/// Valid event streams without a model, for tests: add tests/support/synthetic_trace.cpp to the
/// sources of a test. Needs `base` and `kv`.
namespace pagequest::testing {

enum class AttentionShape {
  random,   // independent weights a query head, page and step, so that max differs from mean
  uniform,  // every live token gets the same share
};

/// What the events have beside mean and maximum masses.
struct SyntheticCaptures {
  std::vector<std::int32_t> windows;  // (layer): tokens that a query sees, 0: all; empty: all
  bool sinks = false;
  bool query_heads = false;
  std::vector<float> thresholds;
  bool query_cosine = false;
  bool key_bounds = false;
  bool head_evictions = false;   // for evictors that name single layers or heads
  bool requantisations = false;  // now and then some tokens of a scope change their precision
  bool key_reads = false;        // decode steps read a random part of their keys
};

/// Everything at once, for two layers.
inline SyntheticCaptures all_captures() {
  return {.windows = {0, 20},
          .sinks = true,
          .query_heads = true,
          .thresholds = {0.01F, 0.05F},
          .query_cosine = true,
          .key_bounds = true,
          .requantisations = true,
          .key_reads = true};
}

inline constexpr std::int32_t kSyntheticHeadDim = 16;

/// Lengths are upper ends: each one is drawn from [half, whole].
struct SyntheticOptions {
  std::int32_t episodes = 3;
  std::int32_t concurrency = 2;  // episodes whose events interleave
  std::int32_t turns = 6;        // the last one ends with an answer, the others with a tool call
  std::int32_t prompt_tokens = 40;
  std::int32_t decode_tokens = 12;    // a turn
  std::int32_t response_tokens = 30;  // a tool response
  std::int32_t prefill_chunk = 16;
  std::int32_t prefill_rows = 4;
  std::int32_t page_size = 8;
  std::int32_t layers = 2;
  std::int32_t query_heads = 4;
  std::int32_t kv_heads = 2;
  std::int32_t aux_interval = 2;  // turns between forks of the auxiliary thread; 0: never
  std::int32_t aux_tokens = 10;
  AttentionShape shape = AttentionShape::random;
  std::uint64_t seed = 1;
  SyntheticCaptures captures = {};
};

/// What to drop now from the main thread of an episode: asked after each main step and (with
/// `turn_boundary`) before each TurnBegan, when AuxJoined has been sent. The
/// HeadTokensEvicted, TokensEvicted and PageFreed events follow before the next event; from then on
/// a head gives no attention to a page of which it holds nothing.
using Evictor = std::function<std::vector<kv::Victim>(EpisodeId episode, bool turn_boundary)>;

/// Sends the events of options.episodes whole episodes, in the order in which an engine emits them:
/// chunked prefill, decode, tool responses (some fail: cursor -1), auxiliary threads that decode
/// beside the main one, joins (some unparsable) and evictions. Without an evictor the responses
/// that joins name are dropped. The same options give the same events, bit for bit.
void emit_synthetic_trace(const SyntheticOptions& options, EventSink& sink,
                          const Evictor& evictor = {});

/// A header that fits the options.
[[nodiscard]] traces::Header synthetic_header(const SyntheticOptions& options);

}  // namespace pagequest::testing
