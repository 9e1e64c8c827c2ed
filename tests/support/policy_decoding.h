// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/events.h"
#include "base/rng.h"
#include "engine/kv/eviction_controller.h"

namespace pagequest::testing {

struct DecodingShape {
  std::int32_t prompt = 0;  // tokens before the first decode step
  std::int32_t tokens = 0;  // live ones when the steps begin
  std::int32_t page_size = 1;
  kv::KvShape heads = {};
  std::int32_t head_dim = 0;
};

/// Attention of some decode steps.
struct CapturedMasses {
  std::size_t planes = 0;                // (layer, KV head)
  std::size_t pages = 0;                 // of each step
  std::vector<std::vector<float>> mean;  // (step): (plane, page)
  std::vector<std::vector<float>> max;   // the same
};

/// Drawn ones, whose logarithms are uniform: a few pages get most of the attention.
[[nodiscard]] CapturedMasses drawn_masses(const DecodingShape& shape, std::int32_t steps);

/// One sequence that decodes under a policy, told of in the events that an engine would send. The
/// captured steps, planes and pages are used over and over; what a head has lost gets nothing, and
/// rows sum to 1. Responses of 64 tokens, one behind the other, are what the prompt consists of.
class PolicyDecoding {
 public:
  /// Ends before the first decision on more than the prompt.
  PolicyDecoding(const kv::PolicySpec& spec, const DecodingShape& shape,
                 const CapturedMasses& captured, std::int32_t lag_steps = 0);

  /// Makes the next step's events: none of it is the policy's work.
  void prepare() { prepare(1); }
  /// The policy takes them in.
  void observe();
  /// The policy decides and is told of what went and what is stored otherwise. Returns the number
  /// of victims.
  std::size_t decide();

 private:
  void begin();
  void prepare(std::int32_t tokens);
  void list_pages(std::int32_t count);
  void draw_keys(std::int32_t count);
  void fill_rows();
  void fill_row(std::size_t plane);
  void report(const kv::Victim& victim);

  DecodingShape shape_;
  const CapturedMasses& captured_;
  kv::EvictionController controller_;
  Rng rng_{3};
  StepKind kind_ = StepKind::prefill;
  std::int32_t step_ = -1;
  std::int32_t position_ = 0;
  std::vector<std::int32_t> tokens_;
  std::vector<std::int32_t> pages_;
  std::vector<float> mean_;  // (plane, listed page)
  std::vector<float> max_;
  std::vector<std::int32_t> complete_pages_;
  std::vector<std::vector<float>> keys_;  // (complete page): (plane, component)
};

}  // namespace pagequest::testing
