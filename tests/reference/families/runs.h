// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/runtime/engine.h"
#include "tests/reference/families/fixture.h"

/// Running the engine over the fixtures' sequences.
namespace pagequest::reference {

inline constexpr std::size_t kPromptTokens = 300;

inline SequenceId add(runtime::Engine& engine, std::span<const std::int32_t> prompt,
                      std::int32_t episode = 0) {
  return engine.add(EpisodeId{episode}, prompt, {}, {});
}

inline void drain(runtime::Engine& engine) {
  while (engine.has_queued_input()) static_cast<void>(engine.step());
}

/// Queues one token and computes it.
inline void decode(runtime::Engine& engine, SequenceId sequence, const std::int32_t& token) {
  engine.append(sequence, {&token, 1});
  drain(engine);
}

/// The row of `positions` that `position` has, or -1.
inline std::ptrdiff_t row_of(const std::vector<std::int32_t>& positions, std::size_t position) {
  const auto found =
      std::find(positions.begin(), positions.end(), static_cast<std::int32_t>(position));
  return found == positions.end() ? -1 : found - positions.begin();
}

/// Compares a sequence's last logits if those of `position` are among the expected ones.
inline void compare_at(const std::vector<std::int32_t>& positions, std::size_t position,
                       const runtime::Engine& engine, SequenceId sequence,
                       ExpectedLogits& expected) {
  const std::ptrdiff_t row = row_of(positions, position);
  if (row >= 0) expected.compare(static_cast<std::size_t>(row), engine.last_logits(sequence));
}

/// A checkpoint's engine and what Transformers computes for the fixture's single sequence.
struct SingleRun {
  SingleRun(const Checkpoint& checkpoint, const runtime::EngineConfig& config)
      : tolerance(checkpoint.tolerance()),
        expected(checkpoint),
        tokens(expected.integers("single.tokens")),
        positions(expected.integers("single.positions")),
        logits(expected, "single.logits"),
        model(model::Model::load(checkpoint.folder())),
        engine(model, config, sink) {}

  SequenceId add_prompt() {
    const SequenceId sequence = add(engine, {tokens.data(), kPromptTokens});
    drain(engine);
    return sequence;
  }
  void compare(std::size_t position, SequenceId sequence) {
    compare_at(positions, position, engine, sequence, logits);
  }
  /// Feeds the tokens from position `first` on and compares on the way.
  void decode_from(std::size_t first, SequenceId sequence) {
    for (std::size_t i = first; i < tokens.size(); ++i) {
      decode(engine, sequence, tokens[i]);
      compare(i, sequence);
    }
  }
  [[nodiscard]] bool agrees() const { return logits.worst() < tolerance; }

  double tolerance;
  Expected expected;
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> positions;  // whose logits are expected
  ExpectedLogits logits;
  model::Model model;
  NullSink sink;
  runtime::Engine engine;
};

}  // namespace pagequest::reference
