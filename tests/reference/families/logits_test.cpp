// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Logits of one sequence against those that Transformers computes in f32 (make_fixtures.py).
#include <catch2/catch.hpp>

#include "tests/reference/families/fixture.h"
#include "tests/reference/families/runs.h"

namespace pagequest::reference {
namespace {

constexpr std::int32_t kUnchunked = 512;

TEST_CASE("Logits of a prompt and 64 decode steps equal those of Transformers") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  const std::int32_t chunk = GENERATE(17, 64, kUnchunked);
  CAPTURE(checkpoint.name, chunk);
  SingleRun run(checkpoint, checkpoint.engine_config(chunk));
  const SequenceId sequence = run.add_prompt();
  run.compare(kPromptTokens - 1, sequence);
  run.decode_from(kPromptTokens, sequence);
  CHECK(run.logits.compared() == 4);
  CHECK(run.agrees());
}

TEST_CASE("Every instruction set, and threads that share each operation, give those logits") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  runtime::EngineConfig config = checkpoint.engine_config(kUnchunked);
  config.isa = GENERATE(from_range(ops::supported_isas()));
  config.cached_weight_bytes = 0;
  CAPTURE(checkpoint.name, to_string(*config.isa));
  SingleRun run(checkpoint, config);
  const SequenceId sequence = run.add_prompt();
  run.compare(kPromptTokens - 1, sequence);
  run.decode_from(kPromptTokens, sequence);
  CHECK(run.logits.compared() == 4);
  CHECK(run.agrees());
}

TEST_CASE("Logits inside of a prompt equal those of Transformers") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  CAPTURE(checkpoint.name);
  SingleRun run(checkpoint, checkpoint.engine_config(kUnchunked));
  const SequenceId sequence = add(run.engine, {run.tokens.data(), 1});
  for (const std::int32_t position : run.positions) {
    const auto begin = static_cast<std::size_t>(run.engine.next_position(sequence));
    const auto end = static_cast<std::size_t>(position) + 1;
    run.engine.append(sequence, std::span(run.tokens).first(end).subspan(begin));
    drain(run.engine);
    run.compare(static_cast<std::size_t>(position), sequence);
  }
  CHECK(run.logits.compared() == run.positions.size());
  CHECK(run.agrees());
}

}  // namespace
}  // namespace pagequest::reference
