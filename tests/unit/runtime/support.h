// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/event_sink.h"
#include "base/events.h"
#include "base/rng.h"
#include "engine/model/model.h"
#include "engine/runtime/engine.h"
#include "tests/support/f32_model.h"

namespace pagequest::runtime::test {

/// The random checkpoint of tests/reference: 2 layers, 6 query heads on 2 KV heads, 64 words.
inline model::Model tiny_model() { return pagequest::test::load_in_f32("tests/reference/tiny"); }

inline std::vector<std::int32_t> random_tokens(std::int32_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < count; ++i) {
    tokens.push_back(static_cast<std::int32_t>(rng.below(64)));
  }
  return tokens;
}

/// One step of one thread, with what the events' spans pointed to.
struct RecordedStep {
  EpisodeId episode;
  Thread thread{};
  StepKind kind{};
  std::int32_t step = -1;
  std::int64_t iteration = -1;
  std::int32_t first = -1;
  std::vector<std::int32_t> tokens;
  std::int32_t query_rows = 0;  // 0: no PagesAttended followed
  std::vector<std::int32_t> pages;
  std::vector<float> mean;
  std::vector<float> max;
  std::vector<std::int32_t> first_page;
  std::vector<float> sink_share;
  std::vector<float> query_head_mass;
  std::vector<float> thresholds;
  std::vector<std::uint64_t> tokens_above;
  std::vector<float> query_cosine;
  std::vector<std::int32_t> tokens_read;  // empty: no KeysRead followed
  bool operator==(const RecordedStep&) const = default;
};

struct RecordedBounds {
  Thread thread{};
  std::int32_t step = -1;
  std::int32_t page = -1;
  std::vector<float> lowest;
  std::vector<float> highest;
  bool operator==(const RecordedBounds&) const = default;
};

/// Keeps everything; `log` has one word an event, in order.
class RecordingSink final : public EventSink {
 public:
  void on(const Event& event) override {
    std::visit(
        Overloaded{[this](const TokensFilled& e) { add(e); },
                   [this](const PagesAttended& e) { add(e); },
                   [this](const TokensEvicted& e) {
                     evicted.push_back(e);
                     log.push_back("evicted");
                   },
                   [this](const PageFreed& e) {
                     freed.push_back(e);
                     log.push_back("freed");
                   },
                   [this](const KeysBounded& e) {
                     bounds.push_back({e.thread, e.step, e.page, copy(e.lowest), copy(e.highest)});
                     log.push_back("bounded");
                   },
                   [this](const KeysRead& e) {
                     steps.back().tokens_read = copy(e.tokens);
                     log.push_back("read");
                   },
                   [this](const EpisodeBegan&) { log.push_back("began"); },
                   [this](const auto&) { log.push_back("other"); }},
        event);
  }

  std::vector<RecordedStep> steps;
  std::vector<TokensEvicted> evicted;
  std::vector<PageFreed> freed;
  std::vector<RecordedBounds> bounds;
  std::vector<std::string> log;

 private:
  template <class T>
  static std::vector<T> copy(std::span<const T> values) {
    return {values.begin(), values.end()};
  }
  void add(const TokensFilled& e) {
    steps.push_back({.episode = e.episode,
                     .thread = e.thread,
                     .kind = e.kind,
                     .step = e.step,
                     .iteration = e.iteration,
                     .first = e.first,
                     .tokens = copy(e.tokens)});
    log.push_back("filled");
  }
  void add(const PagesAttended& e) {
    RecordedStep& step = steps.back();
    step.query_rows = e.query_rows;
    step.pages = copy(e.pages);
    step.mean = copy(e.mean);
    step.max = copy(e.max);
    step.first_page = copy(e.first_page);
    step.sink_share = copy(e.sink_share);
    step.query_head_mass = copy(e.query_head_mass);
    step.thresholds = copy(e.thresholds);
    step.tokens_above = copy(e.tokens_above);
    step.query_cosine = copy(e.query_cosine);
    log.push_back("attended");
  }
};

/// Runs until no sequence has queued input; the last token sampled for each sequence.
inline std::map<SequenceId, std::int32_t> drain(Engine& engine) {
  std::map<SequenceId, std::int32_t> last;
  while (engine.has_queued_input()) {
    for (const SampledToken& sampled : engine.step()) last[sampled.sequence] = sampled.token;
  }
  return last;
}

/// Feeds each sampled token back, `count` times; all tokens that were sampled.
inline std::vector<std::int32_t> generate(Engine& engine, SequenceId sequence, std::int32_t count) {
  std::vector<std::int32_t> tokens{drain(engine).at(sequence)};
  while (static_cast<std::int32_t>(tokens.size()) < count) {
    engine.append(sequence, {&tokens.back(), 1});
    tokens.push_back(drain(engine).at(sequence));
  }
  return tokens;
}

inline std::vector<float> logits_of(const Engine& engine, SequenceId sequence) {
  const auto logits = engine.last_logits(sequence);
  return {logits.begin(), logits.end()};
}

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return 1e30;
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest;
}

inline constexpr EpisodeId kEpisode{0};

inline SequenceId add(Engine& engine, const std::vector<std::int32_t>& prompt,
                      const Sampling& sampling = {}, const kv::PolicySpec& policy = {}) {
  return engine.add(kEpisode, prompt, sampling, policy);
}

/// A tool response of 33 tokens from position 21 on in a main thread of 65 tokens goes.
inline SequenceId lose_response(Engine& engine, const std::string& positions = "original") {
  const SequenceId sequence = add(engine, random_tokens(20, 1), {},
                                  {.name = "sidequest", .params = {{"positions", positions}}});
  drain(engine);
  engine.notify(sequence, TurnBegan{.episode = kEpisode, .turn = 0});
  engine.notify(sequence, ToolResponded{.episode = kEpisode,
                                        .turn = 0,
                                        .cursor = 0,
                                        .call = {.first = 18, .count = 2},
                                        .response = {.first = 21, .count = 33},
                                        .tool = "open"});
  engine.append(sequence, random_tokens(45, 2));
  drain(engine);
  const std::vector<std::int32_t> cursors{0};
  engine.notify(sequence, AuxForked{.episode = kEpisode,
                                    .turn = 1,
                                    .step = engine.steps(sequence) - 1,
                                    .fork_point = engine.next_position(sequence),
                                    .shared_pages = engine.mapped_pages(sequence)});
  engine.notify(
      sequence,
      AuxJoined{.episode = kEpisode, .turn = 1, .tokens = 0, .parsed = true, .cursors = cursors});
  engine.turn_boundary(sequence, 1);
  return sequence;
}

}  // namespace pagequest::runtime::test
