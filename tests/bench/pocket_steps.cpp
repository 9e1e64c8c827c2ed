// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/pocket_steps.h"

#include <variant>
#include <vector>

#include "base/check.h"
#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/runtime/engine.h"
#include "tests/bench/decode.h"
#include "tests/bench/thread_seconds.h"

namespace pagequest::bench {
namespace {

constexpr std::int32_t kKept = 16;    // steps whose attention is kept, which come first
constexpr std::int32_t kTimed = 200;  // steps behind them

/// Keeps the attention of some steps, of the pages that the prompt fills.
class Keeping final : public EventSink {
 public:
  Keeping(testing::CapturedMasses& masses, std::size_t pages) : masses_(masses) {
    masses_.pages = pages;
  }

  void on(const Event& event) override {
    const auto* attended = std::get_if<PagesAttended>(&event);
    if (attended == nullptr || !keeps || masses_.mean.size() == kKept) return;
    masses_.planes = static_cast<std::size_t>(attended->layers * attended->kv_heads);
    keep(*attended, attended->mean, masses_.mean.emplace_back());
    keep(*attended, attended->max, masses_.max.emplace_back());
  }

  bool keeps = false;

 private:
  void keep(const PagesAttended& attended, std::span<const float> from,
            std::vector<float>& kept) const {
    for (std::size_t plane = 0; plane < masses_.planes; ++plane) {
      const auto row = from.subspan(plane * attended.pages.size(), masses_.pages);
      kept.insert(kept.end(), row.begin(), row.end());
    }
  }

  testing::CapturedMasses& masses_;
};

std::vector<std::int32_t> random_tokens(const model::Model& model, std::int32_t count) {
  Rng rng(1);
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < count; ++i) {
    tokens.push_back(rng.between(0, static_cast<int>(model.config().vocabulary) - 1));
  }
  return tokens;
}

}  // namespace

DecodedSteps decode_steps(const model::Model& model, std::int32_t context, std::int32_t page_size) {
  DecodedSteps out{};
  Keeping sink(out.masses, static_cast<std::size_t>(context / page_size));
  runtime::EngineConfig config;
  config.page_size = page_size;
  config.pool_pages = (context + kKept + kTimed) / page_size + 2;
  config.threads = 1;
  runtime::Engine engine(model, config, sink);
  engine.add(EpisodeId{0}, random_tokens(model, context), {}, {});
  std::vector<runtime::SampledToken> next;
  while (engine.has_queued_input()) {
    const auto sampled = engine.step();
    next.assign(sampled.begin(), sampled.end());
  }
  PQ_CHECK(next.size() == 1, "the prompt gives one token");
  sink.keeps = true;
  std::vector<double> seconds;
  for (std::int32_t step = 0; step < kKept + kTimed; ++step) {
    engine.append(next[0].sequence, {&next[0].token, 1});
    const double begin = thread_seconds();
    const auto sampled = engine.step();
    if (step >= kKept) seconds.push_back(thread_seconds() - begin);
    next.assign(sampled.begin(), sampled.end());
  }
  out.median_s = quantile(seconds, 0.5);
  return out;
}

}  // namespace pagequest::bench
