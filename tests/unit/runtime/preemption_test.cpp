// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// A small pool against a large one: whatever was preempted and recomputed, every thread has the
// same steps, masses, evictions, tokens and logits, bit for bit.
#include <catch2/catch.hpp>

#include "tests/unit/runtime/episode_log.h"

namespace pagequest::runtime::test {
namespace {

struct Played {
  EpisodeLogs episodes;
  std::map<SequenceId, std::vector<std::int32_t>> tokens;
  std::map<SequenceId, std::vector<float>> logits;
  std::int64_t preemptions = 0;
};

/// Prompts of different lengths decode beside each other, each under the policy.
Played decode_together(const model::Model& model, const EngineConfig& config,
                       const kv::PolicySpec& policy) {
  LogSink sink;
  Engine engine(model, config, sink);
  std::map<SequenceId, std::int32_t> wanted;
  for (std::int32_t i = 0; i < 4; ++i) {
    const auto prompt = random_tokens(20 + 17 * i, static_cast<std::uint64_t>(i));
    wanted[engine.add(EpisodeId{i}, prompt, {}, policy)] = 40;
  }
  Played played;
  while (engine.has_queued_input()) {
    for (const SampledToken& sampled : engine.step()) {
      auto& tokens = played.tokens[sampled.sequence];
      tokens.push_back(sampled.token);
      if (std::cmp_less(tokens.size(), wanted.at(sampled.sequence))) {
        engine.append(sampled.sequence, {&sampled.token, 1});
      }
    }
  }
  for (const auto& [id, count] : wanted) played.logits[id] = logits_of(engine, id);
  played.episodes = sink.episodes;
  played.preemptions = engine.pool_usage().preemptions;
  return played;
}

TEST_CASE("Preempted sequences go on as if they had never lost a page") {
  const std::string policy = GENERATE("full", "streaming", "h2o");
  const std::string positions = GENERATE("original", "compact");
  const std::int32_t prefill_chunk = GENERATE(5, 64);
  const model::Model model = tiny_model();
  kv::PolicySpec spec{.name = policy, .params = {}};
  if (policy != "full") {
    spec.budget_tokens = 48;
    spec.params["positions"] = positions;
  }
  EngineConfig config{.page_size = 4, .pool_pages = 1000, .prefill_chunk = prefill_chunk};
  const Played large = decode_together(model, config, spec);
  config.pool_pages = policy == "full" ? 30 : 32;
  const Played small = decode_together(model, config, spec);
  CAPTURE(policy, positions, prefill_chunk);
  CHECK(large.preemptions == 0);
  CHECK(small.preemptions >= 3);
  CHECK(small.tokens == large.tokens);
  CHECK(small.logits == large.logits);
  CHECK(small.episodes == large.episodes);
}

TEST_CASE("Other storages of keys and values are recomputed to the same bits as well") {
  const KvStorage storage = GENERATE(KvStorage::bf16, KvStorage::int8);
  const model::Model model = model::Model::load("tests/reference/tiny");
  EngineConfig config{.page_size = 4, .pool_pages = 1000, .kv_storage = storage};
  const Played large = decode_together(model, config, {});
  config.pool_pages = 30;
  const Played small = decode_together(model, config, {});
  CHECK(small.preemptions >= 3);
  CHECK(small.tokens == large.tokens);
  CHECK(small.logits == large.logits);
  CHECK(small.episodes == large.episodes);
}

/// Two episodes, each with an auxiliary thread that outlives an eviction from its parent.
Played decode_forks(const model::Model& model, std::int32_t pool_pages) {
  LogSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = pool_pages}, sink);
  const kv::PolicySpec policy{.name = "streaming", .params = {}, .budget_tokens = 64};
  Played played;
  std::vector<SequenceId> ids;
  for (std::int32_t i = 0; i < 2; ++i) {
    ids.push_back(engine.add(EpisodeId{i}, random_tokens(60 + i, 1), {}, policy));
  }
  auto last = drain(engine);
  for (std::int32_t i = 0; i < 2; ++i) {
    ids.push_back(engine.fork(ids[static_cast<std::size_t>(i)], random_tokens(3, 5), {}));
    engine.append(ids[static_cast<std::size_t>(i)],
                  std::vector<std::int32_t>{last.at(ids[static_cast<std::size_t>(i)])});
  }
  for (int i = 0; i < 25; ++i) {
    for (const auto& [id, token] : drain(engine)) {
      played.tokens[id].push_back(token);
      engine.append(id, {&token, 1});
    }
  }
  drain(engine);
  for (const SequenceId id : ids) played.logits[id] = logits_of(engine, id);
  played.episodes = sink.episodes;
  played.preemptions = engine.pool_usage().preemptions;
  return played;
}

TEST_CASE("Preempted auxiliary threads recompute what their parents had evicted since the fork") {
  const model::Model model = tiny_model();
  const Played large = decode_forks(model, 1000);
  const Played small = decode_forks(model, 34);
  CHECK(large.preemptions == 0);
  CHECK(small.preemptions >= 3);
  CHECK(small.tokens == large.tokens);
  CHECK(small.logits == large.logits);
  CHECK(small.episodes == large.episodes);
}

TEST_CASE("A sequence that was preempted while idle can be forked, evicted from and continued") {
  const model::Model model = tiny_model();
  std::vector<std::vector<std::vector<float>>> logits;
  for (const std::int32_t pages : {100, 12}) {
    NullSink sink;
    Engine engine(model, {.page_size = 4, .pool_pages = pages}, sink);
    const SequenceId idle = add(engine, random_tokens(30, 1));
    drain(engine);
    const SequenceId other = add(engine, random_tokens(40, 2));
    drain(engine);
    CHECK(engine.pool_usage().preemptions == (pages == 12 ? 1 : 0));
    CHECK(engine.live_tokens(idle) == 30);
    CHECK(engine.mapped_pages(idle) == 8);
    engine.release(other);
    const SequenceId aux = engine.fork(idle, random_tokens(3, 3), {});
    engine.evict(idle, 0, {.first = 4, .count = 9});
    CHECK(engine.live_tokens(idle) == 21);
    drain(engine);
    auto& both = logits.emplace_back();
    both.push_back(logits_of(engine, aux));
    CHECK(engine.own_tokens(aux) == 3);
    engine.release(aux);
    engine.append(idle, random_tokens(5, 4));
    drain(engine);
    both.push_back(logits_of(engine, idle));
    CHECK(engine.pool_usage().used_pages == 7);
  }
  CHECK(logits[0] == logits[1]);
}

TEST_CASE("Released pages bring everything back: no page is lost to preemption") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 20}, sink);
  const SequenceId first = add(engine, random_tokens(60, 1));
  generate(engine, first, 10);
  const SequenceId second = add(engine, random_tokens(60, 2));
  generate(engine, second, 10);
  engine.append(first, random_tokens(1, 3));
  drain(engine);
  CHECK(engine.pool_usage().preemptions > 0);
  engine.release(first);
  engine.release(second);
  CHECK(engine.pool_usage().used_pages == 0);
}

}  // namespace
}  // namespace pagequest::runtime::test
