// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Five sequences of different lengths in one batch, each against what Transformers computes for it
// alone in f32 (make_fixtures.py).
#include <map>

#include <catch2/catch.hpp>

#include "tests/reference/families/fixture.h"
#include "tests/reference/families/runs.h"

namespace pagequest::reference {
namespace {

/// One sequence of the batch: its prompt and the tokens to decode behind it.
struct Member {
  std::size_t index;
  std::size_t prompt;
  std::span<const std::int32_t> tokens;
};

std::vector<Member> members_of(const std::vector<std::int32_t>& lengths,
                               std::span<const std::int32_t> tokens) {
  const std::size_t decoded = 64;
  std::vector<Member> members;
  for (const std::int32_t length : lengths) {
    const auto prompt = static_cast<std::size_t>(length);
    members.push_back(
        {.index = members.size(), .prompt = prompt, .tokens = tokens.first(prompt + decoded)});
    tokens = tokens.subspan(prompt + decoded);
  }
  return members;
}

/// Feeds each sequence its next token as soon as it is ready, so that some decode while others
/// still read their prompts.
void run(runtime::Engine& engine, const std::map<SequenceId, Member>& batch,
         const std::vector<std::int32_t>& offsets, ExpectedLogits& logits) {
  while (engine.has_queued_input()) {
    const auto ready = engine.step();
    const std::vector<runtime::SampledToken> sampled(ready.begin(), ready.end());
    for (const auto& [sequence, token] : sampled) {
      const Member& member = batch.at(sequence);
      const auto next = static_cast<std::size_t>(engine.next_position(sequence));
      const auto offset =
          static_cast<std::int32_t>(next) - 1 - static_cast<std::int32_t>(member.prompt);
      const auto found = std::find(offsets.begin(), offsets.end(), offset);
      if (found != offsets.end()) {
        const auto column = static_cast<std::size_t>(found - offsets.begin());
        logits.compare(member.index * offsets.size() + column, engine.last_logits(sequence));
      }
      if (next < member.tokens.size()) engine.append(sequence, member.tokens.subspan(next, 1));
    }
  }
}

TEST_CASE("Every sequence of a batch of five gets the logits that Transformers gives it alone") {
  const Checkpoint checkpoint = GENERATE(from_range(all_checkpoints()));
  const std::int32_t chunk = GENERATE(17, 64, 512);
  CAPTURE(checkpoint.name, chunk);
  const Expected expected(checkpoint);
  const auto tokens = expected.integers("batch.tokens");
  const auto offsets = expected.integers("batch.offsets");
  ExpectedLogits logits(expected, "batch.logits");
  const model::Model model = model::Model::load(checkpoint.folder());
  NullSink sink;
  runtime::Engine engine(model, checkpoint.engine_config(chunk), sink);

  std::map<SequenceId, Member> batch;
  for (const Member& member : members_of(expected.integers("batch.lengths"), tokens)) {
    const auto episode = static_cast<std::int32_t>(member.index);
    batch.emplace(add(engine, member.tokens.first(member.prompt), episode), member);
  }
  run(engine, batch, offsets, logits);
  CHECK(logits.compared() == 15);
  CHECK(logits.worst() < checkpoint.tolerance());
}

}  // namespace
}  // namespace pagequest::reference
