// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/engine_bench.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/bench/ceilings.h"
#include "engine/bench/resident_memory.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr EpisodeId kMeasured{0};
constexpr std::int32_t kWarmUpSteps = 2;

/// Reads nothing of what it gets: what is left is the engine's own cost.
class IndifferentSink final : public EventSink {
 public:
  void on(const Event& /*event*/) override {}
  [[nodiscard]] bool wants_attention() const override { return wants_attention_; }
  void want_attention(bool wanted) { wants_attention_ = wanted; }

 private:
  bool wants_attention_ = false;
};

std::vector<std::int32_t> random_tokens(std::int32_t count, std::int32_t vocabulary,
                                        std::uint64_t stream) {
  Rng rng(1, stream);
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < count; ++i) {
    tokens.push_back(static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(vocabulary))));
  }
  return tokens;
}

template <class Work>
double seconds_of(const Work& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

class Bench {
 public:
  Bench(const model::Model& model, const runtime::EngineConfig& config, const BenchPlan& plan)
      : plan_(plan),
        vocabulary_(model.config().vocabulary),
        engine_(model, config, sink_),
        probe_(std::in_place, config.threads, plan.probe_bytes) {}

  std::vector<DecodeSamples> decode() {
    sink_.want_attention(false);
    std::vector<DecodeSamples> all;
    std::optional<SequenceId> main;
    std::int32_t filled = 0;
    for (const std::int32_t depth : plan_.depths) {
      // One token is the shortest prompt; it is the first one that a step at depth 0 reads.
      const auto tokens = random_tokens(std::max(1, depth) - filled, vocabulary_, 0);
      if (!main) {
        main = engine_.add(kMeasured, tokens, {}, {});
      } else if (!tokens.empty()) {
        engine_.append(*main, tokens);
      }
      finish_input();
      all.push_back(decode_at(depth, *main));
      filled = engine_.next_position(*main);
    }
    if (main) engine_.release(*main);
    return all;
  }

  PrefillSamples prefill() {
    PrefillSamples samples{
        .tokens = plan_.prompt, .iterations = 0, .plain_s = {}, .capture_s = {}, .read_gbps = {}};
    if (plan_.prompt == 0) return samples;
    (void)timed_prompt(false, samples.iterations);
    for (std::int32_t i = 0; i < plan_.prompt_repetitions; ++i) {
      samples.plain_s.push_back(timed_prompt(false, samples.iterations));
      if (plan_.capture) samples.capture_s.push_back(timed_prompt(true, samples.iterations));
      samples.read_gbps.push_back(read_gbps());
    }
    return samples;
  }

  [[nodiscard]] std::int64_t pool_bytes() const {
    const runtime::PoolUsage usage = engine_.pool_usage();
    return usage.total_pages * usage.page_bytes;
  }

  /// Frees what only the measuring needs.
  void drop_probe() { probe_.reset(); }

 private:
  static int threads_of(const runtime::EngineConfig& config) { return std::max(1, config.threads); }

  /// A thread that has slept needs a pass to find its core again.
  double read_gbps() {
    double best = 0.0;
    for (int i = 0; i < 3; ++i) best = std::max(best, probe_->pass());
    return best;
  }

  std::int32_t finish_input() {
    std::int32_t iterations = 0;
    while (engine_.has_queued_input()) {
      (void)engine_.step();
      ++iterations;
    }
    return iterations;
  }

  double timed_step(SequenceId sequence) {
    const auto tokens = random_tokens(1, vocabulary_, ++draws_);
    return seconds_of([&] {
      engine_.append(sequence, tokens);
      const auto sampled = engine_.step();
      PQ_CHECK(sampled.size() == 1, "a decode step gives one token");
    });
  }

  DecodeSamples decode_at(std::int32_t depth, SequenceId plain) {
    std::optional<SequenceId> captured;
    if (plan_.capture) {
      sink_.want_attention(true);
      captured = engine_.fork(plain, random_tokens(1, vocabulary_, ++draws_), {});
      sink_.want_attention(false);
      finish_input();
    }
    DecodeSamples samples{
        .depth = depth, .context = 0, .plain_s = {}, .capture_s = {}, .read_gbps = {}};
    for (std::int32_t i = 0; i < kWarmUpSteps + plan_.repetitions; ++i) {
      if (i == kWarmUpSteps) {
        samples = {.depth = depth, .context = 0, .plain_s = {}, .capture_s = {}, .read_gbps = {}};
        samples.context = engine_.live_tokens(plain) + (plan_.repetitions + 1) / 2.0;
      }
      take_turn(i, plain, captured, samples);
    }
    if (captured) engine_.release(*captured);
    return samples;
  }

  /// The kinds swap places from turn to turn.
  void take_turn(std::int32_t turn, SequenceId plain, const std::optional<SequenceId>& captured,
                 DecodeSamples& samples) {
    if (captured && turn % 2 == 1) samples.capture_s.push_back(timed_step(*captured));
    samples.plain_s.push_back(timed_step(plain));
    if (captured && turn % 2 == 0) samples.capture_s.push_back(timed_step(*captured));
    samples.read_gbps.push_back(read_gbps());
  }

  double timed_prompt(bool capture, std::int32_t& iterations) {
    const auto tokens = random_tokens(plan_.prompt, vocabulary_, ++draws_);
    sink_.want_attention(capture);
    const SequenceId sequence = engine_.add(kMeasured, tokens, {}, {});
    sink_.want_attention(false);
    const double seconds = seconds_of([&] { iterations = finish_input(); });
    engine_.release(sequence);
    return seconds;
  }

  const BenchPlan& plan_;
  std::int32_t vocabulary_;
  IndifferentSink sink_;
  runtime::Engine engine_;
  std::optional<ReadProbe> probe_;
  std::uint64_t draws_ = 0;
};

[[noreturn]] void throw_impossible(const std::string& where, std::int64_t found,
                                   const std::string& expected) {
  throw usage_error({.what = "impossible benchmark",
                     .where = where,
                     .found = std::to_string(found),
                     .expected = expected,
                     .hint = {}});
}

void check_least(const std::string& where, std::int32_t value, std::int32_t least) {
  if (value < least) throw_impossible(where, value, "at least " + std::to_string(least));
}

/// Positions that the decoded sequence reaches, or its fork, which has a token more; `depths` are
/// ascending.
std::int64_t last_position(const BenchPlan& plan) {
  std::int64_t position = 0;
  for (const std::int32_t depth : plan.depths) {
    position = std::max<std::int64_t>({1, depth, position}) + kWarmUpSteps + plan.repetitions;
  }
  return plan.depths.empty() ? 0 : position + 1;
}

/// A plan with ascending depths.
void check_plan(const BenchPlan& plan, std::int32_t positions) {
  check_least("option --repetitions", plan.repetitions, 1);
  check_least("option --prompt-repetitions", plan.prompt_repetitions, 1);
  check_least("option --prompt", plan.prompt, 0);
  for (const std::int32_t depth : plan.depths) check_least("option --depth", depth, 0);
  if (plan.depths.empty()) check_least("option --prompt without --depth", plan.prompt, 1);
  const std::string most = "at most the model's " + std::to_string(positions) + " positions";
  if (plan.prompt > positions) throw_impossible("option --prompt", plan.prompt, most);
  if (const std::int64_t tokens = last_position(plan); tokens > positions) {
    throw_impossible("options --depth and --repetitions, with the steps that warm up", tokens,
                     most);
  }
}

/// Tokens of the pool: of the decoded sequence and its fork's own ones, or of the prompt.
std::int32_t most_tokens(const BenchPlan& plan) {
  const std::int64_t fork = plan.repetitions + kWarmUpSteps + 1;
  return static_cast<std::int32_t>(std::max<std::int64_t>(plan.prompt, last_position(plan) + fork));
}

}  // namespace

BenchSamples bench_engine(const model::Model& model, runtime::EngineConfig config,
                          const BenchPlan& given) {
  BenchPlan plan = given;
  std::sort(plan.depths.begin(), plan.depths.end());
  check_plan(plan, model.config().max_positions);
  config = runtime::resolve(config, model);
  config.capture = true;
  config.pool_pages = most_tokens(plan) / config.page_size + 4;
  Bench bench(model, config, plan);
  BenchSamples samples{.decode = bench.decode(),
                       .prefill = bench.prefill(),
                       .kv_type = runtime::layout_of(config, model.config()).type,
                       .weight_bytes = model.weights().bytes(),
                       .pool_bytes = bench.pool_bytes(),
                       .resident_bytes = 0};
  bench.drop_probe();
  samples.resident_bytes = resident_bytes();
  return samples;
}

double BenchSamples::read_gbps(double q) const {
  std::vector<double> all;
  for (const DecodeSamples& at : decode) {
    all.insert(all.end(), at.read_gbps.begin(), at.read_gbps.end());
  }
  all.insert(all.end(), prefill.read_gbps.begin(), prefill.read_gbps.end());
  return quantile(std::move(all), q);
}

double quantile(std::vector<double> samples, double q) {
  PQ_CHECK(!samples.empty(), "a quantile of something");
  std::sort(samples.begin(), samples.end());
  return samples[static_cast<std::size_t>(q * static_cast<double>(samples.size() - 1))];
}

double median_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  PQ_CHECK(a.size() == b.size() && !a.empty(), "pairs");
  if (a.size() == 1) return a.front() / b.front();
  std::vector<double> ratios;
  for (std::size_t i = 0; i + 1 < a.size(); i += 2) {
    ratios.push_back((a[i] + a[i + 1]) / (b[i] + b[i + 1]));
  }
  return quantile(std::move(ratios), 0.5);
}

}  // namespace pagequest::bench
