// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Derivations against an interpreter that reads nothing but the prompt's text.
#include "engine/agent/tasks/derivation.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/agent/tasks/derivation_world.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

using Words = std::vector<std::string_view>;

/// Register values after the program in `prompt` has run, in the order of its pointers.
std::map<std::string, int, std::less<>> run(const Words& prompt) {
  std::map<std::string, int, std::less<>> values;
  const auto value_of = [&](std::string_view word) {
    const auto found = values.find(word);
    return found != values.end() ? found->second : std::stoi(std::string(word));
  };
  for (std::size_t i = 0; i + 4 < prompt.size(); ++i) {
    if (prompt[i] == "=")
      values[std::string(prompt[i + 1])] = std::stoi(std::string(prompt[i + 2]));
    if (prompt[i] != "@") continue;
    const int left = value_of(prompt[i + 2]);
    const int right = value_of(prompt[i + 3]);
    const int sum = prompt[i + 4] == "+" ? left + right : left - right + 10;
    values[std::string(prompt[i + 1])] = sum % 10;
  }
  return values;
}

std::unique_ptr<ExpertWorld> world_of(std::string_view kind, std::uint64_t index) {
  return kind == "cot" ? make_cot("default", 5, index) : make_direct("default", 5, index);
}

TEST_CASE("Every milestone of an expert's derivation is what an interpreter of the prompt gets") {
  const std::string kind = GENERATE("cot", "direct");
  const auto world = world_of(kind, GENERATE(range(0, 5)));
  const std::string prompt = world->prompt();
  const std::string text = world->expert().back().text;
  const auto values = run(split_words(prompt));
  const Words words = split_words(text);
  int milestones = 0;
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    if (words[i] != "=" && words[i] != "~") continue;
    CHECK(values.at(std::string(words[i + 1])) == std::stoi(std::string(words[i + 2])));
    milestones += words[i] == "=" ? 1 : 0;
  }
  CHECK(milestones == world->hops());
}

TEST_CASE("The expert's answer is graded as right, one with another digit as wrong") {
  const auto world = world_of("cot", 3);
  const std::string text = world->expert().back().text;
  const auto begin = text.find("<answer> ") + 9;
  std::string answer = text.substr(begin, text.find(" </answer>") - begin);
  CHECK(world->grade(answer).correct);
  const auto digit = answer.find_last_of("0123456789", answer.rfind(" & "));
  answer[digit] = answer[digit] == '0' ? '1' : '0';
  CHECK_FALSE(world->grade(answer).correct);
}

TEST_CASE("Two registers that follow each other in a program have one successor") {
  const auto world = world_of("cot", GENERATE(range(0, 20)));
  const std::string prompt = world->prompt();
  const Words words = split_words(prompt);
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> successors;
  const auto is_register = [](std::string_view word) {
    return word.size() > 1 && word[0] == 'r' &&
           word.find_first_not_of("0123456789", 1) == word.npos;
  };
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    if (!is_register(words[i]) || !is_register(words[i + 1])) continue;
    const auto [entry, fresh] = successors.insert({{words[i], words[i + 1]}, words[i + 2]});
    CHECK((fresh || entry->second == words[i + 2]));
  }
  CHECK(successors.size() > 40);
}

TEST_CASE("A line of the control needs no register but the one that was written last") {
  const Derivation derivation =
      draw_derivation(find_derivation_setting("default"), Reach::near, Rng(8));
  int last = derivation.given.back().target;
  for (const Instruction& instruction : derivation.instructions) {
    CHECK(instruction.left.number == last);
    CHECK(instruction.right.is_digit);
    last = instruction.target;
  }
}

TEST_CASE("Milestones, fillers and checks are as long as the constants say") {
  int checks = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Derivation derivation =
        draw_derivation(find_derivation_setting("default"), Reach::far, Rng(seed));
    const std::string text = derivation_text(derivation);
    const Words words = split_words(text);
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "=") CHECK(words.at(i + kMilestoneWords) == "so");
      if (words[i] == "so") CHECK(words.at(i + kFillerWords) == ">");
      if (words[i] != "!") continue;
      ++checks;
      CHECK(words.at(i + kCheckWords - 2) == "^");
      CHECK(words.at(i + kCheckWords - 1) == words.at(i + 1));  // back to what was checked
    }
  }
  CHECK(checks > 100);
}

TEST_CASE("Every word of both tasks is in their vocabulary") {
  const std::string kind = GENERATE("cot", "direct");
  const std::vector<std::string> vocabulary = derivation_vocabulary();
  const auto world = world_of(kind, 1);
  for (const Segment& segment : world->expert()) {
    for (const std::string_view word : split_words(segment.text)) {
      CHECK(std::ranges::find(vocabulary, word) != vocabulary.end());
    }
  }
}

}  // namespace
}  // namespace pagequest::agent
