// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "engine/model/random_model.h"
#include "tests/unit/runtime/episode_log.h"

namespace pagequest::runtime::test {
namespace {

using Streams = std::vector<std::vector<std::int32_t>>;

struct Played {
  Streams tokens;  // sampled, by sequence
  std::vector<std::vector<float>> logits;
  std::vector<RecordedStep> steps;
};

/// Sequences of different lengths, one of them with its fork, decoded together.
Played play(const model::Model& model, const EngineConfig& config,
            const std::vector<std::int32_t>& prompts) {
  RecordingSink sink;
  Engine engine(model, config, sink);
  std::vector<SequenceId> ids;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    ids.push_back(engine.add(EpisodeId{static_cast<std::int32_t>(i)},
                             random_tokens(prompts[i], static_cast<std::uint64_t>(prompts[i])), {},
                             {}));
  }
  Played played;
  played.tokens.resize(ids.size());
  for (int i = 0; i < 12; ++i) {
    for (const auto& [id, token] : drain(engine)) {
      played.tokens[static_cast<std::size_t>(id.value)].push_back(token);
      engine.append(id, {&token, 1});
    }
  }
  drain(engine);
  for (const SequenceId id : ids) played.logits.push_back(logits_of(engine, id));
  played.steps = sink.steps;
  return played;
}

TEST_CASE("Sequences of different lengths get in a batch the bits that they get alone") {
  const model::Model model = tiny_model();
  const EngineConfig config{.pool_pages = 200, .prefill_chunk = 16};
  const std::vector<std::int32_t> prompts{1, 7, 16, 50, 130};
  const Played together = play(model, config, prompts);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const Played alone = play(model, config, {prompts[i]});
    CAPTURE(prompts[i]);
    CHECK(together.tokens[i] == alone.tokens[0]);
    CHECK(together.logits[i] == alone.logits[0]);
  }
}

TEST_CASE("A sequence has the same steps in any company, however small the batches are") {
  const model::Model model = tiny_model();
  const EngineConfig config{.pool_pages = 200, .max_batch_tokens = 20, .prefill_chunk = 16};
  const std::vector<std::int32_t> prompts{1, 7, 16, 50, 130};
  const auto steps_of = [&](const std::vector<std::int32_t>& lengths) {
    LogSink sink;
    Engine engine(model, config, sink);
    for (const std::int32_t length : lengths) {
      engine.add(EpisodeId{length}, random_tokens(length, 1), {}, {});
    }
    for (int i = 0; i < 5; ++i) {
      for (const auto& [id, token] : drain(engine)) engine.append(id, {&token, 1});
    }
    return sink.episodes;
  };
  const EpisodeLogs together = steps_of(prompts);
  for (const std::int32_t length : prompts) {
    CAPTURE(length);
    const std::pair key{EpisodeId{length}, Thread::main};
    CHECK(together.at(key) == steps_of({length}).at(key));
  }
}

TEST_CASE("Any number of threads gives the same events, bit for bit") {
  const model::Model model = tiny_model();
  EngineConfig config{.pool_pages = 400, .max_batch_tokens = 90, .prefill_chunk = 24};
  const std::vector<std::int32_t> prompts{1, 7, 16, 50, 130, 33, 64, 90, 12, 100};
  config.threads = 1;
  const Played one = play(model, config, prompts);
  // Whole sequences a thread, and every operation shared.
  config.cached_weight_bytes = GENERATE(std::int64_t{16} << 20, 0);
  for (const std::int32_t threads : {2, 3, 0}) {
    config.threads = threads;
    const Played more = play(model, config, prompts);
    CHECK(more.steps == one.steps);
    CHECK(more.tokens == one.tokens);
    CHECK(more.logits == one.logits);
  }
  CHECK(play(model, config, prompts).steps == one.steps);
}

TEST_CASE("Sharing each operation of a model with experts changes no bit of a long prompt") {
  model::ModelConfig shape = model::named_geometry("tiny");
  shape.moe = {.experts = 8, .experts_per_token = 2, .intermediate_size = 64};
  shape.sparse_layers.assign(static_cast<std::size_t>(shape.layers), true);
  const model::Model model = model::random_model(shape, 3, ops::WeightType::bf16);
  const std::vector<std::int32_t> prompts{300, 1, 40, 129};
  EngineConfig config{.pool_pages = 100, .max_batch_tokens = 600, .prefill_chunk = 300};
  config.capture = GENERATE(true, false);
  config.threads = 1;
  const Played one = play(model, config, prompts);
  config.threads = 3;
  config.cached_weight_bytes = 0;
  const Played shared = play(model, config, prompts);
  CHECK(shared.steps == one.steps);
  CHECK(shared.logits == one.logits);
}

TEST_CASE("The chunks of a prompt change no bit of its logits") {
  const model::Model model = tiny_model();
  NullSink sink;
  std::vector<std::vector<float>> logits;
  for (const std::int32_t chunk : {1, 3, 16, 100, 300}) {
    Engine engine(model, {.pool_pages = 100, .prefill_chunk = chunk}, sink);
    const SequenceId sequence = add(engine, random_tokens(300, 1));
    drain(engine);
    logits.push_back(logits_of(engine, sequence));
    CHECK(logits.front() == logits.back());
  }
}

}  // namespace
}  // namespace pagequest::runtime::test
