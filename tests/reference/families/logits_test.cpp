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
  const Expected expected(checkpoint);
  const auto tokens = expected.integers("single.tokens");
  const auto positions = expected.integers("single.positions");
  ExpectedLogits logits(expected, "single.logits");
  const model::Model model = model::Model::load(checkpoint.folder());
  NullSink sink;
  runtime::Engine engine(model, checkpoint.engine_config(chunk), sink);

  const SequenceId sequence = add(engine, {tokens.data(), kPromptTokens});
  drain(engine);
  compare_at(positions, kPromptTokens - 1, engine, sequence, logits);
  for (std::size_t i = kPromptTokens; i < tokens.size(); ++i) {
    decode(engine, sequence, tokens[i]);
    compare_at(positions, i, engine, sequence, logits);
  }
  CHECK(logits.compared() == 4);
  CHECK(logits.worst() < checkpoint.tolerance());
}

TEST_CASE("Every instruction set, and threads that share each operation, give those logits") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  const ops::Isa isa = GENERATE(from_range(ops::supported_isas()));
  CAPTURE(checkpoint.name, to_string(isa));
  const Expected expected(checkpoint);
  const auto tokens = expected.integers("single.tokens");
  const auto positions = expected.integers("single.positions");
  ExpectedLogits logits(expected, "single.logits");
  const model::Model model = model::Model::load(checkpoint.folder());
  NullSink sink;
  runtime::EngineConfig config = checkpoint.engine_config(kUnchunked);
  config.isa = isa;
  config.cached_weight_bytes = 0;
  runtime::Engine engine(model, config, sink);

  const SequenceId sequence = add(engine, {tokens.data(), kPromptTokens});
  drain(engine);
  compare_at(positions, kPromptTokens - 1, engine, sequence, logits);
  for (std::size_t i = kPromptTokens; i < tokens.size(); ++i) {
    decode(engine, sequence, tokens[i]);
    compare_at(positions, i, engine, sequence, logits);
  }
  CHECK(logits.compared() == 4);
  CHECK(logits.worst() < checkpoint.tolerance());
}

TEST_CASE("Logits inside of a prompt equal those of Transformers") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  CAPTURE(checkpoint.name);
  const Expected expected(checkpoint);
  const auto tokens = expected.integers("single.tokens");
  const auto positions = expected.integers("single.positions");
  ExpectedLogits logits(expected, "single.logits");
  const model::Model model = model::Model::load(checkpoint.folder());
  NullSink sink;
  runtime::Engine engine(model, checkpoint.engine_config(kUnchunked), sink);

  const SequenceId sequence = add(engine, {tokens.data(), 1});
  for (const std::int32_t position : positions) {
    const auto begin = static_cast<std::size_t>(engine.next_position(sequence));
    engine.append(sequence,
                  std::span(tokens).first(static_cast<std::size_t>(position) + 1).subspan(begin));
    drain(engine);
    compare_at(positions, static_cast<std::size_t>(position), engine, sequence, logits);
  }
  CHECK(logits.compared() == positions.size());
  CHECK(logits.worst() < checkpoint.tolerance());
}

}  // namespace
}  // namespace pagequest::reference
