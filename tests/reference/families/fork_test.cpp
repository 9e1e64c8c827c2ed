// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Forks against what Transformers computes in f32 for the whole sequence (make_fixtures.py).
#include <catch2/catch.hpp>

#include "tests/reference/families/fixture.h"
#include "tests/reference/families/runs.h"

namespace pagequest::reference {
namespace {

TEST_CASE("A fork behind the prompt decodes with the logits of Transformers") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  const std::int32_t chunk = GENERATE(17, 512);
  CAPTURE(checkpoint.name, chunk);
  SingleRun run(checkpoint, checkpoint.engine_config(chunk));
  const SequenceId parent = run.add_prompt();
  const SequenceId fork = run.engine.fork(parent, {&run.tokens[kPromptTokens], 1}, {});
  drain(run.engine);
  run.compare(kPromptTokens, fork);
  run.decode_from(kPromptTokens + 1, fork);
  CHECK(run.logits.compared() == 3);
  CHECK(run.agrees());
}

TEST_CASE("A parent decodes with the logits of Transformers beside a fork with other tokens") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  CAPTURE(checkpoint.name);
  SingleRun run(checkpoint, checkpoint.engine_config(64));
  const auto others = run.expected.integers("batch.tokens");
  const SequenceId parent = run.add_prompt();
  const SequenceId fork = run.engine.fork(parent, {others.data(), 1}, {});
  for (std::size_t i = kPromptTokens; i < run.tokens.size(); ++i) {
    run.engine.append(fork, {&others[i], 1});
    decode(run.engine, parent, run.tokens[i]);
    run.compare(i, parent);
  }
  CHECK(run.logits.compared() == 3);
  CHECK(run.agrees());
}

}  // namespace
}  // namespace pagequest::reference
