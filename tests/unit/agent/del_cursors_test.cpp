// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/del_cursors.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using pagequest::agent::holds_del_cursors;
using pagequest::agent::parse_del_cursors;

TEST_CASE("The paper's walk-through deletes cursor 0") {
  // SideQuest section 3.1: cursor 0 holds search results that are stale once page 1 is open.
  const auto command = parse_del_cursors(
      "cursor 1 has the dates, so cursor 0 is stale . {\"del_cursors\": [0]}", {0, 1});
  CHECK(command.parsed);
  CHECK(command.cursors == std::vector<std::int32_t>{0});
}

TEST_CASE("Blanks inside the JSON do not matter, repeats and order neither") {
  const auto command = parse_del_cursors("{\"del_cursors\": [ 5 , 3 , 5 ]}", {3, 4, 5});
  CHECK(command.parsed);
  CHECK(command.cursors == std::vector<std::int32_t>{3, 5});
}

TEST_CASE("An empty list is a valid command that deletes nothing") {
  const auto command = parse_del_cursors("all needed {\"del_cursors\": []}", {0});
  CHECK(command.parsed);
  CHECK(command.cursors.empty());
}

TEST_CASE("Malformed or out-of-range output deletes nothing") {
  const std::vector<std::string> bad = {
      "",
      "no command at all",
      "{\"del_cursors\": [0",
      "{\"del_cursors\": 0}",
      "{del_cursors: [0]}",
      "{\"del_cursor\": [0]}",
      "{\"del_cursors\": [0], \"more\": 1}",
      "{\"del_cursors\": [0, 7]}",
      "{\"del_cursors\": [-1]}",
      "{\"del_cursors\": [0.5]}",
      "{\"del_cursors\": [4294967296]}",
      "{\"del_cursors\": [\"0\"]}",
      "} {",
  };
  for (const auto& text : bad) {
    INFO(text);
    const auto command = parse_del_cursors(text, {0, 1});
    CHECK_FALSE(command.parsed);
    CHECK(command.cursors.empty());
  }
}

TEST_CASE("A command is whole when its object is, whatever cursors it names") {
  CHECK(holds_del_cursors("stale . {\"del_cursors\": [99]}\n"));
  CHECK_FALSE(holds_del_cursors("stale . {\"del_cursors\": [99]"));
  CHECK_FALSE(holds_del_cursors("{\"del_cursors\": 0}"));
  CHECK_FALSE(holds_del_cursors("{\"cursors\": [0]}"));
  CHECK_FALSE(holds_del_cursors(std::string(100'000, '[') + "{}"));
}
