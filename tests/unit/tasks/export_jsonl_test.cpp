// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/export_jsonl.h"

#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace pagequest::agent {
namespace {

using Json = nlohmann::json;

std::vector<Json> exported(std::uint64_t first, std::uint64_t count, double holes) {
  std::stringstream out;
  export_jsonl("pocket-hops", "default", 3, first, count, out, {.holes = holes});
  std::vector<Json> lines;
  for (std::string line; std::getline(out, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST_CASE("a header line, then a line an episode") {
  const std::vector<Json> lines = exported(10, 3, 0.5);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0]["vocabulary"][0] == "<unk>");
  CHECK(lines[1]["index"] == 10);
  CHECK(lines[1]["segments"][0]["role"] == "prompt");
}

TEST_CASE("an episode doesn't depend on where the export starts") {
  CHECK(exported(10, 3, 0.5)[3] == exported(12, 1, 0.5)[1]);
}

TEST_CASE("holes come on request, and only after the display") {
  for (const Json& record : exported(0, 20, 0.0))
    if (record.contains("evictions")) CHECK(record["evictions"].empty());
  std::size_t evictions = 0;
  for (const Json& record : exported(0, 20, 1.0)) {
    if (!record.contains("evictions")) continue;
    evictions += record["evictions"].size();
    for (const Json& eviction : record["evictions"])
      CHECK(eviction["before_turn"].get<int>() > eviction["cursor"].get<int>() + 2);
  }
  CHECK(evictions > 100);
}

TEST_CASE("a stream that fails is an output error") {
  std::stringstream out;
  out.setstate(std::ios::badbit);
  CHECK_THROWS_AS(export_jsonl("pocket-hops", "tiny", 1, 0, 1, out, {}), Error);
}

}  // namespace
}  // namespace pagequest::agent
