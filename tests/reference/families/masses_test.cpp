// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Captured attention against the probabilities of Transformers' eager attention in f32, summed over
// pages of 16 tokens (make_fixtures.py).
#include "tests/reference/families/masses.h"

#include <catch2/catch.hpp>

#include "tests/reference/families/fixture.h"
#include "tests/reference/families/runs.h"

namespace pagequest::reference {
namespace {

/// Computes the fixture's sequence, its prompt in chunks and the rest token by token.
CapturedMasses captured(const Checkpoint& checkpoint, const runtime::EngineConfig& config) {
  const auto tokens = Expected(checkpoint).integers("single.tokens");
  const model::Model model = model::Model::load(checkpoint.folder());
  CapturedMasses sink(static_cast<std::int32_t>(tokens.size()));
  runtime::Engine engine(model, config, sink);
  const SequenceId sequence = add(engine, {tokens.data(), kPromptTokens});
  drain(engine);
  for (std::size_t i = kPromptTokens; i < tokens.size(); ++i) decode(engine, sequence, tokens[i]);
  return sink;
}

/// Rounding queries, keys and the inputs of the layers to bf16 moves the scores, and the masses of
/// these models by up to 1.1e-2 in PyTorch, too.
double mass_tolerance(const Checkpoint& checkpoint) { return checkpoint.f32 ? 1e-4 : 2e-2; }

TEST_CASE("Page masses and sink shares equal the attention of Transformers") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  const std::int32_t chunk = GENERATE(17, 64, 512);
  CAPTURE(checkpoint.name, chunk);
  const CapturedMasses masses = captured(checkpoint, checkpoint.engine_config(chunk));
  const ExpectedMasses expected{Expected(checkpoint)};
  std::size_t compared = 0;
  for (std::size_t i = 0; i < expected.windows(); ++i) {
    const MassWindow* found = masses.find(expected.first_row(i), expected.rows(i));
    if (found == nullptr) continue;
    CAPTURE(expected.first_row(i));
    CHECK(worst_difference(*found, expected.window(i)) < mass_tolerance(checkpoint));
    ++compared;
  }
  // Only chunks of 64 end behind position 63.
  CHECK(compared == (chunk == 64 ? 6U : 5U));
}

TEST_CASE("Weights in bf16, fp8 or MXFP4 alone leave the page masses of Transformers") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  CAPTURE(checkpoint.name);
  runtime::EngineConfig config = checkpoint.engine_config(64);
  config.kv_storage = runtime::KvStorage::f32;
  config.isa = ops::Isa::portable;  // rounds no activation
  const CapturedMasses masses = captured(checkpoint, config);
  const ExpectedMasses expected{Expected(checkpoint)};
  for (std::size_t i = 0; i < expected.windows(); ++i) {
    const MassWindow* found = masses.find(expected.first_row(i), expected.rows(i));
    REQUIRE(found != nullptr);
    // The reference rounds the product of an fp8 weight and its scale to bf16, the engine does not.
    const bool rounded = checkpoint.name == "qwen3/fp8";
    CHECK(worst_difference(*found, expected.window(i)) < (rounded ? 2e-3 : 1e-4));
  }
}

TEST_CASE("A decoding layer sees exactly the pages on which Transformers puts attention") {
  const Checkpoint checkpoint = GENERATE(from_range(f32_checkpoints()));
  CAPTURE(checkpoint.name);
  const CapturedMasses masses = captured(checkpoint, checkpoint.engine_config(64));
  const ExpectedMasses expected{Expected(checkpoint)};
  for (std::size_t i = 0; i < expected.windows(); ++i) {
    if (expected.rows(i) > 1) continue;  // a chunk holds its first row's pages as well
    CAPTURE(expected.first_row(i));
    const MassWindow* found = masses.find(expected.first_row(i), 1);
    REQUIRE(found != nullptr);
    CHECK(found->first_page == expected.window(i).first_page);
  }
}

TEST_CASE("Capture changes no bit of any family's logits") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  CAPTURE(checkpoint.name);
  const auto tokens = Expected(checkpoint).integers("single.tokens");
  const model::Model model = model::Model::load(checkpoint.folder());
  std::vector<std::vector<float>> logits;
  for (const bool capture : {true, false}) {
    CapturedMasses sink(static_cast<std::int32_t>(tokens.size()));
    runtime::EngineConfig config = checkpoint.engine_config(64);
    config.capture = capture;
    runtime::Engine engine(model, config, sink);
    const SequenceId sequence = add(engine, {tokens.data(), kPromptTokens});
    drain(engine);
    for (std::size_t i = kPromptTokens; i < 320; ++i) decode(engine, sequence, tokens[i]);
    const auto last = engine.last_logits(sequence);
    logits.emplace_back(last.begin(), last.end());
    CHECK((sink.find(319, 1) != nullptr) == capture);
  }
  CHECK(logits[0] == logits[1]);
}

}  // namespace
}  // namespace pagequest::reference
