// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Selections of pages that were copied, shared, moved or computed again, against runs in which
// nothing of that happened.
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "engine/runtime/engine_config.h"
#include "tests/unit/runtime/episode_log.h"

namespace pagequest::runtime::test {
namespace {

const kv::PolicySpec kPolicies[] = {
    {.name = "quest", .params = {{"dense_layers", "0"}}, .budget_tokens = 16},
    {.name = "flexicache", .params = {{"rerank_steps", "7"}}, .budget_tokens = 16}};

EngineConfig config_for(std::int32_t pool_pages, const kv::PolicySpec& policy) {
  return fitted({.page_size = 4, .pool_pages = pool_pages}, policy);
}

struct Played {
  EpisodeLogs episodes;
  std::map<SequenceId, std::vector<std::int32_t>> tokens;
  std::map<SequenceId, std::vector<float>> logits;
  std::int64_t preemptions = 0;
};

/// Two episodes, each with an auxiliary thread, that decode beside each other; after a while the
/// main threads get more than one token at once.
Played play(const EngineConfig& config, const kv::PolicySpec& policy) {
  const model::Model model = tiny_model();
  LogSink sink;
  Engine engine(model, config, sink);
  Played played;
  std::vector<SequenceId> ids;
  for (std::int32_t i = 0; i < 2; ++i) {
    ids.push_back(engine.add(EpisodeId{i}, random_tokens(41 + i, 1), {}, policy));
  }
  for (int i = 0; i < 40; ++i) {
    const auto sampled = drain(engine);
    for (std::size_t episode = 0; i == 10 && episode < 2; ++episode) {
      ids.push_back(engine.fork(ids[episode], random_tokens(3, 5), {}));
    }
    for (const auto& [id, token] : sampled) {
      played.tokens[id].push_back(token);
      engine.append(id, {&token, 1});
      if (i == 25 && id == ids[0]) engine.append(id, random_tokens(9, 3));
    }
  }
  drain(engine);
  engine.flush();
  for (const SequenceId id : ids) played.logits[id] = logits_of(engine, id);
  played.episodes = sink.episodes;
  played.preemptions = engine.pool_usage().preemptions;
  return played;
}

void check_same(const Played& a, const Played& b) {
  CHECK(a.tokens == b.tokens);
  CHECK(a.logits == b.logits);
  CHECK(a.episodes == b.episodes);
}

TEST_CASE("Preempted threads choose again what they chose: nothing differs by a bit") {
  for (const kv::PolicySpec& policy : kPolicies) {
    const Played large = play(config_for(1000, policy), policy);
    const Played small = play(config_for(44, policy), policy);
    INFO(policy.name);
    CHECK(large.preemptions == 0);
    CHECK(small.preemptions >= 3);
    check_same(small, large);
  }
}

TEST_CASE("Threads that share operations, and steps that overlap, change no selection") {
  for (const kv::PolicySpec& policy : kPolicies) {
    EngineConfig config = config_for(1000, policy);
    config.threads = 1;
    const Played one = play(config, policy);
    config.threads = 3;
    config.cached_weight_bytes = 0;  // all threads share each operation
    config.policy_lag_steps = 1;
    config.overlap = true;
    check_same(play(config, policy), one);
  }
}

TEST_CASE("Page tables of each head's own change no selection") {
  for (const kv::PolicySpec& policy : kPolicies) {
    EngineConfig config = config_for(1000, policy);
    const Played shared = play(config, policy);
    config.kv_tables = KvTables::per_head;
    const Played own = play(config, policy);
    CHECK(own.tokens == shared.tokens);
    CHECK(own.logits == shared.logits);
  }
}

TEST_CASE("A fork's pages keep their bounds: it chooses as one that computed all by itself") {
  // The parent has only been filled, so a thread with the same tokens as its prompt is its equal.
  const kv::PolicySpec& policy = kPolicies[0];
  const model::Model model = tiny_model();
  std::vector<std::vector<std::int32_t>> read;
  std::vector<std::vector<float>> logits;
  const auto prompt = random_tokens(42, 1);
  const auto more = random_tokens(3, 2);
  for (const bool forks : {false, true}) {
    RecordingSink sink;
    Engine engine(model, config_for(100, policy), sink);
    auto begin = prompt;
    if (!forks) begin.insert(begin.end(), more.begin(), more.end());
    SequenceId thread = add(engine, begin, {}, policy);
    drain(engine);
    if (forks) thread = engine.fork(thread, more, {});
    for (std::int32_t token = 0; token < 12; ++token) {
      engine.append(thread, {&token, 1});
      drain(engine);
    }
    logits.push_back(logits_of(engine, thread));
    read.push_back(sink.steps.back().tokens_read);
  }
  CHECK(logits[0] == logits[1]);
  CHECK(read[0] == read[1]);
}

TEST_CASE("Prefixes are shared up to the first token that read a selection") {
  const kv::PolicySpec& policy = kPolicies[0];
  const model::Model model = tiny_model();
  std::vector<std::vector<float>> logits;
  std::vector<std::int32_t> announced;
  for (const bool shares : {false, true}) {
    RecordingSink sink;
    EngineConfig config = config_for(100, policy);
    config.prefix_sharing = shares;
    Engine engine(model, config, sink);
    std::vector<std::int32_t> tokens = random_tokens(40, 1);
    const SequenceId first = add(engine, tokens, {}, policy);
    const auto decoded = generate(engine, first, 20);
    // The other one's prompt goes on as the first one did: not with its keys, beyond the prompt.
    tokens.insert(tokens.end(), decoded.begin(), decoded.end());
    const SequenceId second = engine.add(EpisodeId{1}, tokens, {}, policy);
    generate(engine, second, 5);
    logits.push_back(logits_of(engine, second));
    for (const RecordedStep& step : sink.steps) {
      if (step.query_rows == 0) announced.push_back(static_cast<std::int32_t>(step.tokens.size()));
    }
  }
  CHECK(logits[0] == logits[1]);
  CHECK(announced == std::vector<std::int32_t>{40});
}

TEST_CASE("Of pages that lost tokens, moved or not, a step reads what is left") {
  const kv::PolicySpec& policy = kPolicies[0];
  const model::Model model = tiny_model();
  for (const bool compacts : {false, true}) {
    RecordingSink sink;
    EngineConfig config = config_for(100, policy);
    config.compact_pages = compacts;
    Engine engine(model, config, sink);
    const SequenceId sequence = add(engine, random_tokens(60, 1), {}, policy);
    std::int32_t token = generate(engine, sequence, 2).back();
    for (std::int32_t position = 0; position < 56; position += 4) {
      engine.evict(sequence, 0, {.first = position + 1, .count = 3});
    }
    for (int i = 0; i < 6; ++i) {
      engine.append(sequence, {&token, 1});
      token = drain(engine).at(sequence);
    }
    for (const std::int32_t tokens : sink.steps.back().tokens_read) {
      CHECK(tokens >= 4);  // a token of each page
      CHECK(tokens <= 16);
    }
    CHECK(engine.live_tokens(sequence) > 16);
  }
}

}  // namespace
}  // namespace pagequest::runtime::test
