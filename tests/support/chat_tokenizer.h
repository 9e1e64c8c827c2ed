// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/model/tokenizer.h"
#include "tests/support/temporary_folder.h"

namespace pagequest::testing {

/// A small tokenizer with the split pattern of a real one (tests/reference/tokenizers), and further
/// added tokens behind its vocabulary.
inline model::Tokenizer tokenizer_with(const std::string& fixture,
                                       const std::vector<std::string>& added_tokens,
                                       bool are_special = true) {
  std::ifstream in("tests/reference/tokenizers/" + fixture + ".json");
  auto file = nlohmann::json::parse(in);
  std::int32_t next = 0;
  for (const auto& token : file["added_tokens"]) next = std::max(next, token["id"].get<int>() + 1);
  for (const auto& content : added_tokens) {
    file["added_tokens"].push_back({{"id", next++},
                                    {"content", content},
                                    {"single_word", false},
                                    {"lstrip", false},
                                    {"rstrip", false},
                                    {"normalized", false},
                                    {"special", are_special}});
  }
  const TemporaryFolder folder;
  std::ofstream(folder / "tokenizer.json") << file;
  return model::Tokenizer::load(folder.path(), next);
}

inline model::Tokenizer qwen3_tokenizer() {
  return tokenizer_with("qwen3", {"</tool_call>", "<tool_response>", "</tool_response>"}, false);
}
inline model::Tokenizer llama3_tokenizer() {
  return tokenizer_with("llama3", {"<|eom_id|>", "<|python_tag|>"});
}
inline model::Tokenizer harmony_tokenizer() {
  return tokenizer_with("o200k", {"<|call|>", "<|constrain|>"});
}

}  // namespace pagequest::testing
