// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Generation against the greedy tokens of Transformers in f32 (make_fixtures.py).
#include <catch2/catch.hpp>

#include "tests/reference/families/fixture.h"
#include "tests/reference/families/runs.h"

namespace pagequest::reference {
namespace {

TEST_CASE("256 greedy tokens are those of Transformers") {
  const Checkpoint checkpoint = GENERATE(from_range(f32_checkpoints()));
  CAPTURE(checkpoint.name);
  const Expected expected(checkpoint);
  const model::Model model = model::Model::load(checkpoint.folder());
  NullSink sink;
  runtime::Engine engine(model, checkpoint.engine_config(64), sink);
  const SequenceId sequence = add(engine, expected.integers("greedy.prompt"));
  std::vector<std::int32_t> tokens;
  while (tokens.size() < 256) {
    for (const auto& sampled : engine.step()) tokens.push_back(sampled.token);
    engine.append(sequence, {&tokens.back(), 1});
  }
  CHECK(tokens == expected.integers("greedy.tokens"));
}

}  // namespace
}  // namespace pagequest::reference
