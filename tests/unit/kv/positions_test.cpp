// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The parameter that says how distances count over what a policy dropped.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/policies/registry.h"

using namespace pagequest;
using kv::EvictionController;
using kv::Positions;

TEST_CASE("every policy that drops something counts distances by original positions or by places") {
  for (const kv::PolicyEntry& entry : kv::policies()) {
    const auto params =
        kv::resolved_params({.name = std::string(entry.name), .params = {}, .budget_tokens = 0});
    INFO(entry.name);
    CHECK(params.contains("positions") == (entry.trigger != kv::Trigger::never));
    if (params.contains("positions")) CHECK(params.at("positions") == "original");
  }
}

TEST_CASE("a controller says how its policy counts positions") {
  const auto positions = [](const char* name) {
    return EvictionController({.name = "sidequest", .params = {{"positions", name}}}, 4)
        .positions();
  };
  CHECK(positions("original") == Positions::original);
  CHECK(positions("compact") == Positions::compact);
  CHECK(EvictionController({}, 4).positions() == Positions::original);
}

TEST_CASE("an unknown way to count positions is an error that lists those that there are") {
  CHECK_THROWS_WITH(
      EvictionController(
          {.name = "streaming", .params = {{"positions", "dense"}}, .budget_tokens = 64}, 4),
      Catch::Matchers::Contains("original") && Catch::Matchers::Contains("compact"));
}
