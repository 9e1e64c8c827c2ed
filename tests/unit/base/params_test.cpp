// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/params.h"

#include <string>

#include <catch2/catch.hpp>

#include "base/error.h"

using namespace pagequest;

namespace {

const ParamSpec kSpecs[] = {
    {"window", std::int64_t{32}, "tokens"},
    {"share", 0.5, "of the budget"},
    {"protect_prompt", false, "keep the prompt"},
};

}  // namespace

TEST_CASE("Parameters that are not given have their defaults") {
  const Params params("streaming", kSpecs, {});
  CHECK(params.integer("window") == 32);
  CHECK(params.real("share") == 0.5);
  CHECK_FALSE(params.flag("protect_prompt"));
}

TEST_CASE("Given parameters are parsed as their declared types") {
  const Params params("streaming", kSpecs,
                      {{"window", "64"}, {"share", "0.25"}, {"protect_prompt", "true"}});
  CHECK(params.integer("window") == 64);
  CHECK(params.real("share") == 0.25);
  CHECK(params.flag("protect_prompt"));
}

TEST_CASE("An unknown parameter names the valid ones and the nearest") {
  try {
    const Params params("streaming", kSpecs, {{"windw", "64"}});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.info().hint == "did you mean `window`?");
    CHECK(error.info().expected == "one of: window, share, protect_prompt");
  }
}

TEST_CASE("A value of the wrong type is refused, trailing characters included") {
  for (const std::string bad : {"", "x", "12x", "1.5", " 3"}) {
    CHECK_THROWS_AS(Params("streaming", kSpecs, {{"window", bad}}), Error);
  }
  CHECK_THROWS_AS(Params("streaming", kSpecs, {{"protect_prompt", "1"}}), Error);
}

TEST_CASE("Parameter values survive the way through text") {
  const Params params("streaming", kSpecs, {{"share", "0.1"}});
  for (const auto& [name, value] : params.all()) {
    const Params again("streaming", kSpecs, {{name, to_text(value)}});
    CHECK(again.all().at(name) == value);
  }
}

TEST_CASE("The nearest name is the one with the least edit distance") {
  CHECK(nearest_name("strming", {"full", "h2o", "streaming"}) == "streaming");
  CHECK(nearest_name("x", {}).empty());
}
