// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/decode.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/check.h"
#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/bench/step_needs.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Wants the attention and reads nothing of it: what is left is the engine's own cost.
class WantingSink final : public EventSink {
 public:
  void on(const Event& /*event*/) override {}
};

void add_prompts(runtime::Engine& engine, const model::Model& model, std::int32_t sequences,
                 std::int32_t context) {
  Rng rng(1);
  const auto vocabulary = static_cast<std::uint64_t>(model.config().vocabulary);
  for (std::int32_t i = 0; i < sequences; ++i) {
    std::vector<std::int32_t> prompt;
    for (std::int32_t t = 0; t < context; ++t) {
      prompt.push_back(static_cast<std::int32_t>(rng.below(vocabulary)));
    }
    engine.add(EpisodeId{i}, prompt, {}, {});
  }
}

StepNeeds needs_of(const model::Model& model) {
  const runtime::EngineConfig config = runtime::resolve({}, model);
  return {model, runtime::layout_of(config, model.config()).type};
}

class DecodeRun {
 public:
  DecodeRun(const model::Model& model, const DecodeCase& c) : engine_(model, config_of(c), sink_) {
    add_prompts(engine_, model, c.sequences, c.context);
    std::size_t ready = 0;
    while (engine_.has_queued_input()) {
      const auto sampled = engine_.step();
      next_.insert(next_.end(), sampled.begin(), sampled.end());
      ready += sampled.size();
    }
    PQ_CHECK(ready == static_cast<std::size_t>(c.sequences), "each prompt gives one token");
  }

  double timed_step() {
    for (const auto& token : next_) engine_.append(token.sequence, {&token.token, 1});
    const auto begin = Clock::now();
    const auto sampled = engine_.step();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    PQ_CHECK(sampled.size() == next_.size(), "every sequence decodes in every step");
    next_.assign(sampled.begin(), sampled.end());
    return seconds;
  }

 private:
  static runtime::EngineConfig config_of(const DecodeCase& c) {
    runtime::EngineConfig config;
    config.pool_pages = c.sequences * ((c.context + c.steps + 32) / config.page_size + 1);
    config.threads = c.threads;
    config.capture = c.capture;
    return config;
  }

  WantingSink sink_;
  runtime::Engine engine_;
  std::vector<runtime::SampledToken> next_;
};

}  // namespace

std::vector<std::vector<double>> time_decode(const model::Model& model,
                                             const std::vector<DecodeCase>& cases) {
  std::vector<std::unique_ptr<DecodeRun>> runs;
  for (const DecodeCase& c : cases) runs.push_back(std::make_unique<DecodeRun>(model, c));
  std::vector<std::vector<double>> seconds(cases.size());
  for (std::int32_t step = 0; step < cases.front().steps; ++step) {
    for (std::size_t i = 0; i < runs.size(); ++i) seconds[i].push_back(runs[i]->timed_step());
  }
  return seconds;
}

DecodeNeed need_of(const model::Model& model, const DecodeCase& c) {
  const StepNeeds needs = needs_of(model);
  const double tokens = c.context + c.steps / 2.0;
  return {.flops = c.sequences * needs.decode_flops(tokens),
          .bytes = needs.weight_bytes() + c.sequences * needs.kv_bytes(tokens)};
}

PrefillTiming time_prefill(const model::Model& model, std::int32_t sequences, std::int32_t context,
                           int threads) {
  PrefillTiming timing{.tokens = static_cast<double>(sequences) * context,
                       .seconds = 1e30,
                       .flops = sequences * needs_of(model).prefill_flops(context)};
  for (int repeat = 0; repeat < 3; ++repeat) {
    WantingSink sink;
    runtime::EngineConfig config;
    config.pool_pages = sequences * (context / config.page_size + 1);
    config.threads = threads;
    runtime::Engine engine(model, config, sink);
    add_prompts(engine, model, sequences, context);
    const auto begin = Clock::now();
    std::size_t sampled = 0;
    while (engine.has_queued_input()) sampled += engine.step().size();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    timing.seconds = std::min(timing.seconds, seconds);
    PQ_CHECK(sampled == static_cast<std::size_t>(sequences), "each prompt gives one token");
  }
  return timing;
}

}  // namespace pagequest::bench
