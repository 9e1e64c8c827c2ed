// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_engine.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/rng.h"
#include "engine/bench/engine_bench.h"

namespace pagequest::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int32_t kPageSize = 32;
constexpr int kWarmUpSteps = 8;
constexpr std::int32_t kSpareTokens = 256;  // of each sequence: what is decoded, and page ends

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Reads nothing of what it gets.
class SwitchedSink final : public EventSink {
 public:
  void on(const Event& /*event*/) override {}
  [[nodiscard]] bool wants_attention() const override { return wanted_; }
  void want(bool wanted) { wanted_ = wanted; }

 private:
  bool wanted_ = false;
};

/// Sums what the device measured, by kind.
class Stopwatch final : public OperationObserver {
 public:
  void begin(const Operation& /*operation*/) override {}
  void end() override {}
  [[nodiscard]] bool wants_device_times() const override { return true; }
  void measured(const Operation& operation, std::int64_t /*start_ns*/,
                std::int64_t duration_ns) override {
    OperationSpeed& sum = step_[operation.kind];
    sum.seconds += 1e-9 * static_cast<double>(duration_ns);
    sum.bytes += static_cast<double>(operation.bytes);
  }

  [[nodiscard]] OperationSpeeds take() { return std::exchange(step_, {}); }

 private:
  OperationSpeeds step_;
};

runtime::EngineConfig config_of(const EngineShape& shape, OperationObserver* stopwatch) {
  runtime::EngineConfig config;
  config.device = shape.device;
  config.page_size = kPageSize;
  config.pool_pages = shape.sequences * ((shape.context + kSpareTokens) / kPageSize);
  config.prefill_chunk = shape.prefill_chunk;
  config.max_batch_tokens = std::max(shape.prefill_chunk, shape.sequences);
  config.keep_logits = false;
  if (shape.profiled) config.observer = stopwatch;
  return config;
}

/// Sequences that decode together.
struct Group {
  std::vector<SequenceId> sequences;
  std::vector<runtime::SampledToken> next;
};

}  // namespace

struct EngineCase::State {
  State(const model::Model& model, const EngineShape& shape)
      : vocabulary(model.config().vocabulary),
        engine(model, config_of(shape, &stopwatch), sink,
               shape.maker != nullptr ? *shape.maker : runtime::backend_maker(shape.device)) {}

  std::vector<std::int32_t> random_tokens(std::int32_t count) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(count));
    for (auto& token : tokens) {
      token = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(vocabulary)));
    }
    return tokens;
  }

  /// Prompts of `depth` tokens, processed; one token of each is next.
  Group filled_group(std::int32_t sequences, std::int32_t depth, bool wanted) {
    sink.want(wanted);
    Group group;
    for (std::int32_t i = 0; i < sequences; ++i) {
      group.sequences.push_back(engine.add(EpisodeId{++episodes}, random_tokens(depth), {}, {}));
    }
    sink.want(false);
    while (engine.has_queued_input()) {
      const auto sampled = engine.step();
      group.next.insert(group.next.end(), sampled.begin(), sampled.end());
    }
    PQ_CHECK(group.next.size() == group.sequences.size(), "each prompt gives one token");
    return group;
  }

  double timed_step(Group& group) {
    const auto begin = Clock::now();
    for (const auto& token : group.next) engine.append(token.sequence, {&token.token, 1});
    const auto sampled = engine.step();
    const double seconds = seconds_since(begin);
    PQ_CHECK(sampled.size() == group.next.size(), "every sequence decodes in every step");
    group.next.assign(sampled.begin(), sampled.end());
    return seconds;
  }

  void release(const Group& group) {
    for (const SequenceId sequence : group.sequences) engine.release(sequence);
  }

  std::int32_t vocabulary;
  SwitchedSink sink;
  Stopwatch stopwatch;
  runtime::Engine engine;
  Rng rng{5};
  std::int32_t episodes = 0;
};

EngineCase::EngineCase(const model::Model& model, const EngineShape& shape)
    : state_(std::make_unique<State>(model, shape)) {}
EngineCase::~EngineCase() = default;

DecodeSpeed EngineCase::decode(std::int32_t sequences, std::int32_t depth, int steps,
                               bool capture) {
  PQ_CHECK(2 * (kWarmUpSteps + steps) < kSpareTokens, "the pages last");
  Group plain = state_->filled_group(sequences, depth, false);
  Group captured;
  if (capture) captured = state_->filled_group(sequences, depth, true);
  std::vector<double> plain_s;
  std::vector<double> capture_s;
  for (int i = 0; i < kWarmUpSteps + steps; ++i) {
    // With overlap a step pays for the captures of the one before it: the second of a kind counts.
    (void)state_->timed_step(plain);
    const double seconds = state_->timed_step(plain);
    if (capture) (void)state_->timed_step(captured);
    const double capture_seconds = capture ? state_->timed_step(captured) : 0.0;
    if (i < kWarmUpSteps) continue;
    plain_s.push_back(seconds);
    capture_s.push_back(capture_seconds);
  }
  state_->release(plain);
  state_->release(captured);
  return {.step_s = quantile(std::move(plain_s), 0.5),
          .capture_step_s = quantile(std::move(capture_s), 0.5),
          .context = depth + 2.0 * kWarmUpSteps + steps + 1.0};
}

double EngineCase::prefill(std::int32_t tokens, int repeats) {
  std::vector<double> seconds;
  for (int i = 0; i < 1 + repeats; ++i) {  // the first warms up
    const auto prompt = state_->random_tokens(tokens);
    const auto begin = Clock::now();
    const SequenceId sequence = state_->engine.add(EpisodeId{++state_->episodes}, prompt, {}, {});
    while (state_->engine.has_queued_input()) (void)state_->engine.step();
    if (i > 0) seconds.push_back(seconds_since(begin));
    state_->engine.release(sequence);
  }
  return quantile(std::move(seconds), 0.5);
}

OperationSpeeds EngineCase::profile(std::int32_t depth, int steps) {
  Group group = state_->filled_group(1, depth, false);
  std::map<OperationKind, std::vector<double>> seconds;
  OperationSpeeds speeds;
  for (int i = 0; i < kWarmUpSteps + steps; ++i) {
    (void)state_->timed_step(group);
    for (const auto& [kind, speed] : state_->stopwatch.take()) {
      speeds[kind].bytes = speed.bytes;
      if (i >= kWarmUpSteps) seconds[kind].push_back(speed.seconds);
    }
  }
  state_->release(group);
  for (auto& [kind, samples] : seconds) speeds[kind].seconds = quantile(std::move(samples), 0.5);
  return speeds;
}

std::int32_t sequences_that_fit(const model::Model& model, std::int64_t memory_bytes,
                                std::int32_t context, std::int32_t most) {
  constexpr std::int64_t kWorkspace = std::int64_t{4} << 30;  // activations, library, fragments
  const model::ModelConfig& config = model.config();
  const std::int64_t token = std::int64_t{4} * config.layers * config.kv_heads * config.head_dim;
  const std::int64_t room = memory_bytes - model.weights().bytes() - kWorkspace;
  const std::int64_t each = token * (context + kSpareTokens);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(room / each, 1, most));
}

}  // namespace pagequest::bench
