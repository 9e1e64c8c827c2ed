// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/words.h"

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/agent/tasks/task.h"

namespace pagequest::agent {
namespace {

std::set<std::string> vocabulary_set() {
  const std::vector<std::string> words = vocabulary();
  return {words.begin(), words.end()};
}

TEST_CASE("no word is in the vocabulary twice") {
  CHECK(vocabulary_set().size() == vocabulary().size());
}

TEST_CASE("episodes use words of the vocabulary only") {
  const std::set<std::string> known = vocabulary_set();
  for (const auto* setting : {"tiny", "short", "default", "long"})
    for (std::uint64_t index = 0; index < 20; ++index)
      for (const Segment& segment : make_world("pocket-hops", setting, 1, index)->expert())
        for (const std::string_view word : split_words(segment.text))
          CHECK(known.contains(std::string(word)));
}

TEST_CASE("the shipped tokenizer has the task's vocabulary") {
  std::ifstream file("engine/pocket/tokenizer.json");  // tests run in the repository
  const auto vocab = nlohmann::json::parse(file)["model"]["vocab"];
  const std::vector<std::string> words = vocabulary();
  REQUIRE(vocab.size() == words.size());
  for (std::size_t i = 0; i < words.size(); ++i)
    CHECK(vocab.value(words[i], std::size_t{0} - 1) == i);
}

}  // namespace
}  // namespace pagequest::agent
