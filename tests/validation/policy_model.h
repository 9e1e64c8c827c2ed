// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace pagequest::simulator::validation {

/// An independent model of continuous batching: one loop over iterations, no events, no closed
/// forms, and no code shared with the simulator.
struct ModelRequest {
  std::int64_t arrival = 0;  // ns
  std::int64_t prompt = 0;   // tokens
  std::int64_t output = 0;   // tokens, the first of which comes with the prompt's end
};

struct ModelSettings {
  std::int64_t budget = 0;     // tokens an iteration
  std::int64_t sequences = 0;  // in a batch
  std::int64_t page = 0;       // tokens
  std::int64_t pages = 0;
  std::int64_t fixed = 0;      // ns an iteration
  std::int64_t per_token = 0;  // ns
  bool admit_by_chunk = false;
  /// As vLLM V1 resumes: the token that was about to be decoded is recomputed with the lost ones,
  /// and a prompt that was cut off goes on in the same iteration. Here, the lost ones come first.
  bool resumes_as_vllm = false;
};

struct ModelEnd {
  std::int64_t time = 0;
  std::int64_t arrival = 0;
};

struct ModelRun {
  std::int64_t iterations = 0;
  std::int64_t preemptions = 0;
  std::int64_t recomputed = 0;  // tokens
  std::vector<ModelEnd> ends;   // in order
};

/// `requests` in order of arrival.
[[nodiscard]] ModelRun run_model(const std::vector<ModelRequest>& requests,
                                 const ModelSettings& settings);

}  // namespace pagequest::simulator::validation
