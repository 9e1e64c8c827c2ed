// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/decode.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "base/check.h"
#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/runtime/engine.h"

namespace pagequest::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Wants the attention and reads nothing of it: what is left is the engine's own cost.
class WantingSink final : public EventSink {
 public:
  void on(const Event& /*event*/) override {}
};

class DecodeRun {
 public:
  DecodeRun(const model::Model& model, const DecodeCase& c) : engine_(model, config_of(c), sink_) {
    Rng rng(1);
    const auto vocabulary = static_cast<std::uint64_t>(model.config().vocabulary);
    for (std::int32_t i = 0; i < c.sequences; ++i) {
      std::vector<std::int32_t> prompt;
      for (std::int32_t t = 0; t < c.context; ++t) {
        prompt.push_back(static_cast<std::int32_t>(rng.below(vocabulary)));
      }
      engine_.add(EpisodeId{i}, prompt, {}, {});
    }
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

double quantile(std::vector<double> samples, double q) {
  std::sort(samples.begin(), samples.end());
  return samples[static_cast<std::size_t>(q * static_cast<double>(samples.size() - 1))];
}

DecodeNeed need_of(const model::ModelConfig& model, const DecodeCase& c) {
  const double query = static_cast<double>(model.query_heads) * model.head_dim;
  const double key = static_cast<double>(model.kv_heads) * model.head_dim;
  const double layer_weights =
      model.hidden_size * (2 * query + 2 * key + 3.0 * model.intermediate_size);
  const double weights =
      model.layers * layer_weights + static_cast<double>(model.vocabulary) * model.hidden_size;
  const double tokens = c.context + c.steps / 2.0;
  const double attention = 2 * query * tokens * model.layers;
  return {.flops = 2 * c.sequences * (weights + attention),
          .bytes = sizeof(float) * (weights + c.sequences * 2 * key * tokens * model.layers)};
}

}  // namespace pagequest::bench
