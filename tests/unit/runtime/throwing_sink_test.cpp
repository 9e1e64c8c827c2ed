// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// An engine whose sink fails, against one whose sink does not.
#include <stdexcept>

#include <catch2/catch.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

/// Throws once, at the n-th event.
class ThrowingSink final : public EventSink {
 public:
  explicit ThrowingSink(std::int32_t at) : at_(at) {}
  void on(const Event& /*event*/) override {
    if (seen_++ == at_) throw std::runtime_error("the disk is full");
  }

 private:
  std::int32_t at_;
  std::int32_t seen_ = 0;
};

struct Ending {
  std::vector<float> logits;
  std::int32_t live_tokens;
  std::int32_t steps;
  std::int32_t throws;
  bool operator==(const Ending&) const = default;
};

/// Two sequences that get the same tokens whatever is thrown.
Ending play_with(EventSink& sink, const model::Model& model, bool overlap) {
  const EngineConfig config{
      .page_size = 4, .pool_pages = 100, .policy_lag_steps = 1, .overlap = overlap};
  Engine engine(model, config, sink);
  const kv::PolicySpec policy{.name = "h2o", .params = {}, .budget_tokens = 16};
  const SequenceId first = engine.add(EpisodeId{0}, random_tokens(20, 1), {}, policy);
  const SequenceId second = engine.add(EpisodeId{1}, random_tokens(30, 2), {}, policy);
  Ending ending{};
  for (std::int32_t i = 0; i < 30; ++i) {
    try {
      (void)engine.step();
    } catch (const std::runtime_error&) {
      ++ending.throws;
    }
    engine.append(first, random_tokens(1, static_cast<std::uint64_t>(i)));
    engine.append(second, random_tokens(1, static_cast<std::uint64_t>(i)));
  }
  ending.logits = logits_of(engine, second);
  ending.live_tokens = engine.live_tokens(first);
  ending.steps = engine.steps(second);
  return ending;
}

TEST_CASE("A sink that throws stops the step's events, not the engine") {
  const bool overlap = GENERATE(false, true);
  const std::int32_t event = GENERATE(2, 3, 30, 31, 32, 33, 34, 35);
  CAPTURE(overlap, event);
  const model::Model model = tiny_model();
  NullSink quiet;
  Ending expected = play_with(quiet, model, overlap);
  ThrowingSink sink(event);
  const Ending ending = play_with(sink, model, overlap);
  CHECK(ending.throws == 1);
  expected.throws = 1;
  CHECK(ending == expected);
}

}  // namespace
}  // namespace pagequest::runtime::test
