// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/wrap.h"

#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/agent/tasks/corpus/utf8.h"

using pagequest::agent::to_code_points;
using pagequest::agent::to_utf8;
using pagequest::agent::wrap_lines;

TEST_CASE("Lines wrap as Python's textwrap wraps them") {
  // make_wrapped.py recorded what the reference implementation gives.
  const auto cases = nlohmann::json::parse(std::ifstream("tests/unit/tasks/wrapped.json"));
  REQUIRE(cases.size() > 50);
  for (const auto& item : cases) {
    const std::string text = item["text"];
    INFO(text << "\nwidth " << item["width"]);
    CHECK(wrap_lines(text, item["width"].get<int>()) ==
          item["lines"].get<std::vector<std::string>>());
  }
}

TEST_CASE("UTF-8 survives code points, and bytes that are none become U+FFFD") {
  const std::string text = "aé†【𒀀";
  CHECK(to_code_points(text).size() == 5);
  CHECK(to_utf8(to_code_points(text)) == text);
  CHECK(to_utf8(to_code_points("a\xFF"
                               "b\xE2\x82")) == "a\uFFFDb\uFFFD\uFFFD");
  CHECK(to_utf8(to_code_points("\xED\xA0\x80")) == "\uFFFD\uFFFD\uFFFD");
}
