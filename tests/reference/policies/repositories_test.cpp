// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What the authors' own classes drop of the same random queries and keys, step by step and head by
// head. repositories.json has figures of their code at the commits that it names, some with one
// edit that it names too, where a policy departs. Each side attends to what it has kept so far.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/reference/policies/played_case.h"

namespace pagequest::testing {
namespace {

using Texts = std::map<std::string, std::string>;

kv::PolicySpec spec(const std::string& name, std::int32_t budget, const Texts& params) {
  return {.name = name, .params = params, .budget_tokens = budget};
}

/// Cuts every 16 tokens, at 33 for the first time: R-KV's code cuts one token behind the multiples.
kv::PolicySpec rkv(const Texts& params) {
  Texts all{{"every_steps", "16"}};
  all.insert(params.begin(), params.end());
  return spec("rkv", 24, all);
}

kv::PolicySpec lazy(const std::string& form) {
  return spec("lazy", 24, {{"form", form}, {"window", "8"}, {"alpha", "0.05"}});
}

kv::PolicySpec h2o(std::int32_t budget, const std::string& recent_share) {
  return spec("h2o", budget, {{"sharing", "head"}, {"recent_share", recent_share}});
}

/// Until the length, (scope): all that went, ascending.
std::vector<Tokens> dropped_until(const Dropped& dropped, std::int32_t length) {
  std::vector<Tokens> all;
  for (const auto& [at, scopes] : dropped) {
    if (at > length) break;
    all.resize(scopes.size());
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      all[i].insert(all[i].end(), scopes[i].begin(), scopes[i].end());
      std::ranges::sort(all[i]);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("rkv keeps what R-KV's class keeps, with the code's and with an even weight") {
  for (const std::string lambda : {"0.07", "0.5"}) {
    CAPTURE(lambda);
    const ReferenceCase reference = reference_case("rkv " + lambda);
    CHECK(played(reference, rkv({{"lambda", lambda}})) == reference.dropped);
  }
}

TEST_CASE("rkv without the direction bug keeps what R-KV's class keeps, repaired") {
  const ReferenceCase reference = reference_case("rkv repaired");
  const Dropped dropped = played(reference, rkv({{"lambda", "0.07"}, {"direction_bug", "false"}}));
  CHECK(dropped == reference.dropped);
  CHECK(dropped != reference_case("rkv 0.07").dropped);
}

TEST_CASE("rkv pools by position, where R-KV's class pools in the order of the last cut's scores") {
  const ReferenceCase reference = reference_case("rkv score");
  const Dropped dropped = played(reference, rkv({{"lambda", "0.07"}}));
  CHECK(dropped.at(33) == reference.dropped.at(33));
  CHECK(dropped.at(49) != reference.dropped.at(49));
}

TEST_CASE(
    "rkv takes a group's maximum of the probabilities, where R-KV's class takes the logits'") {
  const Dropped dropped = played(reference_case("rkv grouped shares"), rkv({{"lambda", "0.5"}}));
  CHECK(dropped == reference_case("rkv grouped shares").dropped);
  CHECK(dropped != reference_case("rkv grouped logits").dropped);
}

TEST_CASE("snapkv's rkv-decode keeps what the SnapKV of R-KV's repository keeps") {
  const ReferenceCase reference = reference_case("rkv-decode");
  CHECK(played(reference, spec("snapkv", 24, {{"preset", "rkv-decode"}, {"every_steps", "16"}})) ==
        reference.dropped);
}

TEST_CASE("lazy's form `code` keeps what LazyEviction's class keeps") {
  const ReferenceCase reference = reference_case("lazy code");
  CHECK(played(reference, lazy("code")) == reference.dropped);
}

TEST_CASE("lazy's form `paper` keeps what LazyEviction's class keeps without the 1 in H1") {
  const ReferenceCase reference = reference_case("lazy paper");
  CHECK(played(reference, lazy("paper")) == reference.dropped);
}

TEST_CASE("h2o keeps what H2O's real-drop cache keeps, when all rows of the prompt are captured") {
  const ReferenceCase even = reference_case("h2o all");
  CHECK(played(even, h2o(16, "0.5")) == even.dropped);
  const ReferenceCase uneven = reference_case("h2o uneven");
  CHECK(played(uneven, h2o(24, "0.25")) == uneven.dropped);
}

TEST_CASE("of a prompt with 8 captured rows h2o keeps what H2O keeps that saw these rows only") {
  const ReferenceCase reference = reference_case("h2o last");
  CHECK(played(reference, h2o(24, "0.5"), 8) == reference.dropped);
  CHECK(played(reference, h2o(24, "0.5")) != reference.dropped);
}

TEST_CASE("h2o without the prompt keeps what H2O keeps that did not see the prompt's rows") {
  const ReferenceCase reference = reference_case("h2o none");
  kv::PolicySpec without = h2o(24, "0.5");
  without.params["prompt_counts"] = "false";
  CHECK(played(reference, without) == reference.dropped);
}

TEST_CASE("tova keeps what TOVA's cache keeps, for all heads of a layer and their query heads") {
  const ReferenceCase decoding = reference_case("tova decode");
  CHECK(played(decoding, spec("tova", 16, {})) == decoding.dropped);
  const ReferenceCase prompt = reference_case("tova prompt");
  CHECK(played(prompt, spec("tova", 16, {}), 1) == prompt.dropped);
}

TEST_CASE("tova drops the next least token where TOVA's cache drops the newest") {
  const ReferenceCase reference = reference_case("tova newest");
  const std::int32_t last = reference.tokens;
  REQUIRE(reference.dropped.at(last)[0] == Tokens{last - 1});
  const Dropped dropped = played(reference, spec("tova", 12, {}));
  CHECK(dropped_until(dropped, last - 1) == dropped_until(reference.dropped, last - 1));
  CHECK(dropped.at(last)[0] != reference.dropped.at(last)[0]);
}

// From here on the budget is one more than the reference's: these policies decide at the first
// decode step, whose token counts.

TEST_CASE("snapkv keeps what SnapKV's class keeps, pooled by the average and by the maximum") {
  const ReferenceCase average = reference_case("snapkv average");
  CHECK(played(average, spec("snapkv", 21, {{"window", "8"}}), 8) == average.dropped);
  const ReferenceCase maximum = reference_case("snapkv max");
  CHECK(played(maximum, spec("snapkv", 21, {{"preset", "official-longbench"}, {"window", "8"}}),
               8) == maximum.dropped);
}

TEST_CASE("snapkv reduces a group as KVCache-Factory's SnapKV of KV heads does") {
  for (const std::string group : {"mean", "max"}) {
    CAPTURE(group);
    const ReferenceCase reference = reference_case("factory snapkv " + group);
    CHECK(played(reference, spec("snapkv", 21, {{"window", "4"}, {"group", group}}), 4) ==
          reference.dropped);
  }
}

TEST_CASE("pyramidkv keeps what KVCache-Factory's PyramidKV keeps, in all three regimes") {
  const std::map<std::string, Texts> settings{
      {"pyramid", {{"beta", "4"}}},
      {"short", {{"beta", "8"}}},
      {"uniform", {{"beta", "4"}}},
      {"maxpool", {{"beta", "4"}, {"pool", "max"}, {"kernel", "3"}}}};
  for (const auto& [name, params] : settings) {
    CAPTURE(name);
    const ReferenceCase reference = reference_case("pyramidkv " + name);
    Texts all{{"window", "4"}};
    all.insert(params.begin(), params.end());
    CHECK(played(reference, spec("pyramidkv", 21, all), 4) == reference.dropped);
  }
}

TEST_CASE("streaming keeps what StreamingLLM's cache keeps that is cut after each step") {
  const ReferenceCase reference = reference_case("streaming trim");
  CHECK(played(reference, spec("streaming", 12, {})) == reference.dropped);
}

TEST_CASE(
    "streaming keeps, after each decode step, what StreamingLLM keeps that makes room before") {
  const ReferenceCase reference = reference_case("streaming room");
  const Dropped dropped = played(reference, spec("streaming", 12, {}));
  for (std::int32_t length = reference.prompt + 1; length <= reference.tokens; ++length) {
    CAPTURE(length);
    CHECK(dropped_until(dropped, length) == dropped_until(reference.dropped, length));
  }
}

}  // namespace pagequest::testing
