// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/answers.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using pagequest::agent::gives_answer;
using pagequest::agent::normalized_answer;

TEST_CASE("Answers are normalised as SQuAD's evaluation script does it") {
  // Lower case, punctuation removed (not replaced by blanks), articles dropped, blanks joined.
  CHECK(normalized_answer("The  Crane-Light, a tower!") == "cranelight tower");
  CHECK(normalized_answer("An ant; THE end.") == "ant end");
  CHECK(normalized_answer("1,340 metres") == "1340 metres");
}

TEST_CASE("Citations do not count") {
  CHECK(normalized_answer("Ruth Alder【4†L2-L5】.") == "ruth alder");
}

TEST_CASE("An answer counts alone and as whole words of a sentence") {
  const std::vector<std::string> accepted = {"164", "one hundred sixty-four"};
  CHECK(gives_answer("164", accepted));
  CHECK(gives_answer("It has 164 steps.", accepted));
  CHECK(gives_answer("One hundred sixty-four.", accepted));
  CHECK_FALSE(gives_answer("1640", accepted));
  CHECK_FALSE(gives_answer("", accepted));
  CHECK_FALSE(gives_answer("164", {}));
}

TEST_CASE("An answer of punctuation alone is compared as it is") {
  CHECK(gives_answer("the sign is +", std::vector<std::string>{"+"}));
  CHECK_FALSE(gives_answer("the sign is -", std::vector<std::string>{"+"}));
}
