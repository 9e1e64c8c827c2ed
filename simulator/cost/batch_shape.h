// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace pagequest::simulator {

/// What one iteration's batch asks of the GPU, summed over its sequences. Everything that the cost
/// of a batch depends on, so that batches of equal shape cost the same.
struct BatchShape {
  std::int64_t sequences = 0;
  std::int64_t sampled_rows = 0;  // sequences that get a next token: rows of the output layer
  std::int64_t decode_tokens = 0;
  std::int64_t prefill_tokens = 0;
  std::int64_t decode_reads = 0;         // cached tokens read by decode, per full layer
  std::int64_t decode_window_reads = 0;  // the same, per sliding layer
  std::int64_t longest_decode = 0;       // the most that one sequence's decode reads, full layers
  double prefill_pairs = 0.0;            // (query, key) pairs of prefill, per full layer
  double prefill_window_pairs = 0.0;     // the same, per sliding layer

  [[nodiscard]] std::int64_t tokens() const { return decode_tokens + prefill_tokens; }

  /// One token that reads `context` cached tokens, its own included.
  void add_decode(std::int64_t context, std::int64_t window) {
    ++sequences;
    ++sampled_rows;
    ++decode_tokens;
    decode_reads += context;
    decode_window_reads += std::min(context, window);
    longest_decode = std::max(longest_decode, context);
  }

  /// A chunk of `tokens` behind `context` cached ones, causal; `samples` if it ends its input.
  void add_prefill(std::int64_t tokens, std::int64_t context, std::int64_t window, bool samples) {
    ++sequences;
    sampled_rows += samples ? 1 : 0;
    prefill_tokens += tokens;
    prefill_pairs += pairs(tokens, context);
    // Rows that see less than a window behave as in full attention; the others see a window.
    const std::int64_t growing = std::clamp(window - context, std::int64_t{0}, tokens);
    prefill_window_pairs += pairs(growing, context) +
                            static_cast<double>(tokens - growing) * static_cast<double>(window);
  }

 private:
  /// Row i of the chunk attends to context + i + 1 keys.
  static double pairs(std::int64_t tokens, std::int64_t context) {
    const auto n = static_cast<double>(tokens);
    return n * static_cast<double>(context) + n * (n + 1.0) / 2.0;
  }
};

}  // namespace pagequest::simulator
