// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The engine on a GPU against the engine on the processor, which tests/reference holds against
// Transformers: the same calls must give the same tokens, events and, but for rounding, numbers.
#include "engine/runtime/engine.h"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/runtime/backend.h"
#include "engine/runtime/cuda/backend.h"
#include "tests/gpu/played.h"

namespace pagequest::gpu_test {
namespace {

const std::vector<std::string> kFamilies = {"llama", "llama-linear", "mistral", "qwen2",
                                            "qwen3", "qwen3_moe",    "gpt_oss"};

/// Three sequences, one of which joins late and one of which is forked; batches of changing size.
void play(Engine& engine, const model::Model& model, Played& out, const kv::PolicySpec& policy,
          const Sampling& sampling) {
  std::vector<SequenceId> ids = {
      engine.add(EpisodeId{0}, tokens_for(model, 21, 1), sampling, policy)};
  ids.push_back(engine.add(EpisodeId{1}, tokens_for(model, 1, 2), sampling, policy));
  for (int step = 0; step < 14; ++step) {
    if (step == 6)
      ids.push_back(engine.add(EpisodeId{2}, tokens_for(model, 9, 3), sampling, policy));
    if (step == 12) {
      engine.release(ids.back());
      ids.pop_back();
    }
    const auto sampled = rt::drain(engine);
    for (const auto& [sequence, token] : sampled) {
      out.tokens.push_back(token);
      out.logits.push_back(rt::logits_of(engine, sequence));
    }
    if (step == 8) ids.push_back(engine.fork(ids[0], tokens_for(model, 3, 4), sampling));
    for (const auto& [sequence, token] : sampled) engine.append(sequence, {&token, 1});
  }
  engine.flush();
}

Played play_on(Device device, const model::Model& model, const EngineConfig& config,
               const kv::PolicySpec& policy = {}, const Sampling& sampling = {}) {
  return played_on(device, model, config,
                   [&](Engine& engine, const model::Model& of_engine, Played& out) {
                     play(engine, of_engine, out, policy, sampling);
                   });
}

TEST_CASE("Every family gives the processor's tokens, logits and masses in f32") {
  const std::string family = GENERATE(from_range(kFamilies));
  const KvTables tables = GENERATE(KvTables::shared, KvTables::per_head);
  CAPTURE(family);
  const model::Model model = load(family + "/f32");
  const EngineConfig config{.page_size = 8,
                            .pool_pages = 200,
                            .kv_tables = tables,
                            .prefill_chunk = 7,
                            .threads = 1,
                            .capture_options = {.query_heads = true, .query_cosine = true}};
  const Played cpu = play_on(Device::cpu, model, config);
  const Played gpu = play_on(Device::cuda, model, config);
  CHECK(gpu.tokens == cpu.tokens);
  CHECK(worst_logit(gpu, cpu) < 1e-5);
  check_captures(gpu, cpu, 1e-5);
}

/// How far the logits of a prompt on a GPU are from those on the processor, as a share of their
/// range.
double worst_prompt_logit(const model::Model& model) {
  const EngineConfig config{.page_size = 16, .pool_pages = 100, .prefill_chunk = 32, .threads = 1};
  const std::vector<std::int32_t> prompt = tokens_for(model, 40, 9);
  const auto logits_on = [&](const BackendMaker& maker) {
    NullSink sink;
    Engine engine(model, config, sink, maker);
    const SequenceId id = engine.add(EpisodeId{0}, prompt, {}, {});
    (void)rt::drain(engine);
    return rt::logits_of(engine, id);
  };
  const auto cpu = logits_on(backend_maker(Device::cpu));
  const auto gpu = logits_on(runtime::PQ_CUDA_NS::backend_maker());
  return rt::largest_difference(cpu, gpu) / range_of(cpu);
}

// Activations are rounded to bf16 on a GPU, and on the processor at other places or not at all: a
// few parts in a thousand of the range.
constexpr double kBf16Tolerance = 8e-3;

TEST_CASE("Every family gives the processor's logits in the checkpoint's own types", "[large]") {
  const std::string name = GENERATE("llama/bf16", "mistral/bf16", "qwen2/bf16", "qwen3/bf16",
                                    "qwen3/fp8", "qwen3_moe/bf16", "gpt_oss/bf16", "gpt_oss/mxfp4");
  CAPTURE(name);
  CHECK(worst_prompt_logit(load(name)) < kBf16Tolerance);
}

TEST_CASE("Weights that are rounded as they are loaded give the processor's logits", "[large]") {
  const std::string name = GENERATE("llama/f32", "qwen3/fp8", "qwen3_moe/bf16", "gpt_oss/bf16");
  const auto storage = GENERATE(model::WeightStorage::int8, model::WeightStorage::fp8);
  CAPTURE(name, to_string(storage));
  CHECK(worst_prompt_logit(load(name, storage)) < kBf16Tolerance);
}

TEST_CASE("A budget policy without a lag evicts the processor's victims") {
  const std::string policy = GENERATE("h2o", "streaming");
  const model::Model model = load("llama/f32");
  const EngineConfig config{.page_size = 4, .pool_pages = 100, .prefill_chunk = 8, .threads = 1};
  const kv::PolicySpec spec{.name = policy, .params = {}, .budget_tokens = 16};
  const Played cpu = play_on(Device::cpu, model, config, spec);
  const Played gpu = play_on(Device::cuda, model, config, spec);
  CHECK(gpu.tokens == cpu.tokens);
  REQUIRE(!cpu.sink.evicted.empty());
  REQUIRE(gpu.sink.evicted.size() == cpu.sink.evicted.size());
  for (std::size_t i = 0; i < cpu.sink.evicted.size(); ++i) {
    CHECK(gpu.sink.evicted[i].span == cpu.sink.evicted[i].span);
  }
}

TEST_CASE("With a lag the events of a step come while the next one is computed, and are the same") {
  const model::Model model = load("gpt_oss/f32");
  const EngineConfig config{
      .page_size = 4, .pool_pages = 200, .prefill_chunk = 8, .threads = 1, .policy_lag_steps = 1};
  const kv::PolicySpec spec{.name = "h2o", .params = {}, .budget_tokens = 16};
  const Played cpu = play_on(Device::cpu, model, config, spec);
  const Played gpu = play_on(Device::cuda, model, config, spec);
  CHECK(gpu.tokens == cpu.tokens);
  check_captures(gpu, cpu, 1e-5);
}

TEST_CASE("Sampling at a temperature gives the processor's tokens", "[large]") {
  const model::Model model = load("qwen3/f32");
  const EngineConfig config{.page_size = 16, .pool_pages = 100, .threads = 1};
  const Sampling sampling{.temperature = 0.8F, .top_p = 0.9F, .seed = 5};
  CHECK(play_on(Device::cuda, model, config, {}, sampling).tokens ==
        play_on(Device::cpu, model, config, {}, sampling).tokens);
}

TEST_CASE("A pool that forces preemption, and shared prefixes, change no token") {
  const bool sharing = GENERATE(false, true);
  const model::Model model = load("llama/f32");
  const EngineConfig config{.page_size = 4,
                            .pool_pages = 18,
                            .prefix_sharing = sharing,
                            .prefill_chunk = 8,
                            .threads = 1};
  const Played cpu = play_on(Device::cpu, model, config);
  CHECK(play_on(Device::cuda, model, config).tokens == cpu.tokens);
}

TEST_CASE("int8 keys, token sets and key bounds are the processor's") {
  const model::Model model = load("mistral/f32");
  const EngineConfig config{.page_size = 8,
                            .pool_pages = 100,
                            .kv_storage = KvStorage::int8,
                            .threads = 1,
                            .capture_options = {.thresholds = {0.05F}, .key_bounds = true}};
  const Played cpu = play_on(Device::cpu, model, config);
  const Played gpu = play_on(Device::cuda, model, config);
  CHECK(gpu.tokens == cpu.tokens);
  // A key that rounds to the next of 255 steps on one device only changes a mass a little.
  check_captures(gpu, cpu, 2e-3);
  REQUIRE(gpu.sink.bounds.size() == cpu.sink.bounds.size());
  for (std::size_t i = 0; i < cpu.sink.bounds.size(); ++i) {
    CHECK(rt::largest_difference(gpu.sink.bounds[i].lowest, cpu.sink.bounds[i].lowest) < 0.1);
  }
}

TEST_CASE("An observer sees every operation of every pass once, in order") {
  class Counter final : public OperationObserver {
   public:
    void begin(const Operation& operation) override { seen.push_back(operation); }
    void end() override { ++ends; }
    std::vector<Operation> seen;
    std::size_t ends = 0;
  };
  const model::Model model = load("llama/f32");
  Counter counter;
  EngineConfig config{.page_size = 8, .pool_pages = 100, .threads = 1};
  config.observer = &counter;
  const Played watched = play_on(Device::cuda, model, config);
  config.observer = nullptr;
  CHECK(watched.tokens == play_on(Device::cuda, model, config).tokens);
  CHECK(counter.ends == counter.seen.size());
  std::int64_t attentions = 0;
  for (const Operation& operation : counter.seen) {
    attentions += operation.kind == OperationKind::attention ? 1 : 0;
    CHECK((operation.kind == OperationKind::upload || operation.bytes > 0));
  }
  CHECK(attentions % model.config().layers == 0);
  CHECK(attentions >= 14 * model.config().layers);
}

}  // namespace
}  // namespace pagequest::gpu_test
