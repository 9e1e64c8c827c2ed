// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/operation.h"
#include "engine/model/model.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/engine.h"

/// Steps of the whole engine, timed by the host's clock from the call to the sampled tokens.
namespace pagequest::bench {

struct EngineShape {
  runtime::Device device = runtime::Device::cuda;
  std::int32_t sequences = 1;  // at most
  std::int32_t context = 0;    // tokens of each, at most
  std::int32_t prefill_chunk = 2048;
  /// Every operation is timed by itself, which takes the step's graph away.
  bool profiled = false;
  /// Of the device; null: the engine's choice.
  const runtime::BackendMaker* maker = nullptr;
};

/// Medians over the steps.
struct DecodeSpeed {
  double step_s = 0.0;
  double capture_step_s = 0.0;  // of as many sequences whose attention is wanted; 0: not measured
  double context = 0.0;         // tokens that a sequence reads in a step, mean over the steps
};

/// What the operations of one kind take in one step.
struct OperationSpeed {
  double seconds = 0.0;  // of the device
  double bytes = 0.0;    // that they must move at least
};
using OperationSpeeds = std::map<OperationKind, OperationSpeed>;

class EngineCase {
 public:
  /// Throws device_error when the device has no room for the weights and the pages.
  EngineCase(const model::Model& model, const EngineShape& shape);
  ~EngineCase();

  /// Decodes `sequences` that are `depth` tokens long. `capture`: with others whose attention is
  /// wanted as well, in turns; they take as many pages again.
  [[nodiscard]] DecodeSpeed decode(std::int32_t sequences, std::int32_t depth, int steps,
                                   bool capture);
  /// Seconds of a prompt to its first token, the median of `repeats`.
  [[nodiscard]] double prefill(std::int32_t tokens, int repeats);
  /// Of decode steps of one sequence, medians; the engine must be a profiled one. Empty on the
  /// processor, which does not time operations.
  [[nodiscard]] OperationSpeeds profile(std::int32_t depth, int steps);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Tokens of keys and values in bf16 that fit beside a model's weights, in whole contexts.
[[nodiscard]] std::int32_t sequences_that_fit(const model::Model& model, std::int64_t memory_bytes,
                                              std::int32_t context, std::int32_t most);

}  // namespace pagequest::bench
