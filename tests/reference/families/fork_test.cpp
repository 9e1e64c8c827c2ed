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
  const Expected expected(checkpoint);
  const auto tokens = expected.integers("single.tokens");
  const auto positions = expected.integers("single.positions");
  ExpectedLogits logits(expected, "single.logits");
  const model::Model model = model::Model::load(checkpoint.folder());
  NullSink sink;
  runtime::Engine engine(model, checkpoint.engine_config(chunk), sink);
  const SequenceId parent = add(engine, {tokens.data(), kPromptTokens});
  drain(engine);

  const SequenceId fork = engine.fork(parent, {&tokens[kPromptTokens], 1}, {});
  drain(engine);
  compare_at(positions, kPromptTokens, engine, fork, logits);
  for (std::size_t i = kPromptTokens + 1; i < tokens.size(); ++i) {
    decode(engine, fork, tokens[i]);
    compare_at(positions, i, engine, fork, logits);
  }
  CHECK(logits.compared() == 3);
  CHECK(logits.worst() < checkpoint.tolerance());
}

TEST_CASE("A parent decodes with the logits of Transformers beside a fork with other tokens") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  CAPTURE(checkpoint.name);
  const Expected expected(checkpoint);
  const auto tokens = expected.integers("single.tokens");
  const auto others = expected.integers("batch.tokens");
  const auto positions = expected.integers("single.positions");
  ExpectedLogits logits(expected, "single.logits");
  const model::Model model = model::Model::load(checkpoint.folder());
  NullSink sink;
  runtime::Engine engine(model, checkpoint.engine_config(64), sink);
  const SequenceId parent = add(engine, {tokens.data(), kPromptTokens});
  drain(engine);

  const SequenceId fork = engine.fork(parent, {others.data(), 1}, {});
  for (std::size_t i = kPromptTokens; i < tokens.size(); ++i) {
    engine.append(fork, {&others[i], 1});
    decode(engine, parent, tokens[i]);
    compare_at(positions, i, engine, parent, logits);
  }
  CHECK(logits.compared() == 3);
  CHECK(logits.worst() < checkpoint.tolerance());
}

}  // namespace
}  // namespace pagequest::reference
