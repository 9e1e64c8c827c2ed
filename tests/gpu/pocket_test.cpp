// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The trained pocket model on both devices: what it writes is a sharp test, since a wrong page or
// position changes the words.
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/agent/tasks/task.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/cuda/backend.h"
#include "engine/runtime/engine.h"
#include "tests/support/f32_model.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::gpu_test {
namespace {

using namespace runtime;  // NOLINT: the engine is what this file is about
namespace rt = runtime::test;

struct Written {
  std::vector<std::int32_t> tokens;
  rt::RecordingSink sink;
};

/// The first words that the model writes to an episode's question.
Written write(const model::Model& model, const BackendMaker& maker, Device device,
              const kv::PolicySpec& policy) {
  const auto world = agent::make_world("pocket-hops", "short", 5, 1);
  const std::vector<std::int32_t> prompt = model.tokenizer().encode(world->prompt());
  EngineConfig config{.pool_pages = 200, .threads = 1, .device = device};
  config.policy_lag_steps = 0;
  Written out;
  Engine engine(model, config, out.sink, maker);
  const SequenceId id = engine.add(EpisodeId{0}, prompt, {}, policy);
  constexpr std::int32_t kWords = 24;
  out.tokens = rt::generate(engine, id, kWords);
  engine.flush();
  return out;
}

TEST_CASE("The pocket model writes the same words on both devices, with bf16 weights and keys",
          "[large]") {
  const model::Model model = model::Model::load("engine/pocket");
  const Written cpu = write(model, backend_maker(Device::cpu), Device::cpu, {});
  const Written gpu = write(model, runtime::PQ_CUDA_NS::backend_maker(), Device::cuda, {});
  CHECK(model.tokenizer().decode(gpu.tokens) == model.tokenizer().decode(cpu.tokens));
  CHECK(gpu.sink.log == cpu.sink.log);
}

TEST_CASE("Deciding at once, both devices evict the same pages of the pocket model", "[large]") {
  const std::string policy = GENERATE("h2o", "streaming");
  const model::Model model = pagequest::test::load_in_f32("engine/pocket");
  const kv::PolicySpec spec{.name = policy, .params = {}, .budget_tokens = 64};
  const Written cpu = write(model, backend_maker(Device::cpu), Device::cpu, spec);
  const Written gpu = write(model, runtime::PQ_CUDA_NS::backend_maker(), Device::cuda, spec);
  CHECK(gpu.tokens == cpu.tokens);
  REQUIRE(!cpu.sink.evicted.empty());
  REQUIRE(gpu.sink.evicted.size() == cpu.sink.evicted.size());
  for (std::size_t i = 0; i < cpu.sink.evicted.size(); ++i) {
    CHECK(gpu.sink.evicted[i].span == cpu.sink.evicted[i].span);
    CHECK(gpu.sink.evicted[i].step == cpu.sink.evicted[i].step);
  }
}

}  // namespace
}  // namespace pagequest::gpu_test
