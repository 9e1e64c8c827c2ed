// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Compacted pages on a GPU against the processor, and against pages with holes.
#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

#include "tests/gpu/played.h"

namespace pagequest::gpu_test {
namespace {

/// Of every `keep` tokens of the prompt one stays in each KV group.
void thin(Engine& engine, SequenceId sequence, std::int32_t prompt, std::int32_t keep) {
  for (std::int32_t group = 0; group < engine.kv_groups().count(); ++group) {
    for (std::int32_t p = group % keep; p + keep < prompt; p += keep) {
      engine.evict(sequence, group, {.first = p + 1, .count = keep - 1});
    }
  }
}

/// Loses tokens inside of pages, of compacted ones and while a fork has them too.
void play_with_holes(Engine& engine, const model::Model& model, Played& out) {
  constexpr std::int32_t kPrompt = 45;
  const SequenceId main = engine.add(EpisodeId{0}, tokens_for(model, kPrompt, 1), {}, {});
  SequenceId aux;
  for (int step = 0; step < 12; ++step) {
    auto sampled = rt::drain(engine);
    for (const auto& [sequence, token] : sampled) {
      out.tokens.push_back(token);
      out.logits.push_back(rt::logits_of(engine, sequence));
    }
    if (step == 2) thin(engine, main, kPrompt, 4);
    if (step == 4) aux = engine.fork(main, tokens_for(model, 3, 4), {});
    if (step == 5) thin(engine, main, kPrompt, 6);
    if (step == 6) {
      engine.release(aux);
      sampled.erase(aux);
    }
    if (step == 7) thin(engine, main, kPrompt, 7);
    for (const auto& [sequence, token] : sampled) engine.append(sequence, {&token, 1});
  }
  engine.flush();
  out.used_pages = engine.pool_usage().used_pages;
}

TEST_CASE("Compacted pages give the processor's tokens, masses and token sets") {
  const std::string family = GENERATE("llama", "gpt_oss");
  const KvTables tables = GENERATE(KvTables::shared, KvTables::per_head);
  const KvStorage storage = GENERATE(KvStorage::f32, KvStorage::int8);
  CAPTURE(family, tables, storage);
  const model::Model model = load(family + "/f32");
  EngineConfig config{.page_size = 8,
                      .pool_pages = 100,
                      .kv_storage = storage,
                      .kv_tables = tables,
                      .compact_pages = true,
                      .threads = 1,
                      .capture_options = {.query_heads = true, .thresholds = {0.05F}}};
  const Played cpu = played_on(Device::cpu, model, config, play_with_holes);
  const Played gpu = played_on(Device::cuda, model, config, play_with_holes);
  CHECK(gpu.tokens == cpu.tokens);
  CHECK(gpu.used_pages == cpu.used_pages);
  // A key that rounds to the next of 255 steps on one device only changes a mass a little.
  const bool rounds = storage == KvStorage::int8;
  check_captures(gpu, cpu, rounds ? 2e-3 : 1e-5);
  for (std::size_t i = 0; i < cpu.sink.steps.size() && !rounds; ++i) {
    CHECK(gpu.sink.steps[i].tokens_above == cpu.sink.steps[i].tokens_above);
  }
  config.compact_pages = false;
  const Played holes = played_on(Device::cuda, model, config, play_with_holes);
  CHECK(gpu.tokens == holes.tokens);
  check_captures(gpu, holes, rounds ? 2e-3 : 1e-5);
  CHECK(gpu.used_pages < holes.used_pages);
}

}  // namespace
}  // namespace pagequest::gpu_test
