// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/model/model.h"
#include "tests/support/temporary_folder.h"

namespace pagequest::testing {

/// The random weights of tests/reference/tiny with words that mean something to an agent: whole
/// tool calls, deletion commands and ends of sequences. Sampled at a high temperature, it plays
/// every move of the game.
inline model::Model babbling_model() {
  namespace fs = std::filesystem;
  const fs::path tiny = "tests/reference/tiny";
  std::vector<std::string> words = {
      R"(<tool_call>{"name":"jump"}</tool_call>)",
      R"(<tool_call>{"name":"find","arguments":{"pattern":"isle"}}</tool_call>)"};
  std::string repeats;
  for (const char* number : {"0", "1", "2", "3", "4", "5"}) {
    words.push_back(std::string(R"(<tool_call>{"name":"search","arguments":{"query":"salt)") +
                    number + R"("}}</tool_call>)");
    words.push_back(std::string(R"(<tool_call>{"name":"open","arguments":{"id":)") + number +
                    R"(}}</tool_call>)");
    words.push_back(std::string(R"({"del_cursors":[)") + number + "]}");
    words.push_back(R"({"del_cursors":[)" + repeats + "0]}");
    words.push_back(R"({"del_cursors":[)" + repeats + "1]}");
    repeats += "0,";
  }
  auto tokenizer = nlohmann::json::parse(std::ifstream(tiny / "tokenizer.json"));
  auto config = nlohmann::json::parse(std::ifstream(tiny / "config.json"));
  nlohmann::json vocabulary = {{"<bos>", 0}, {"<eos>", 1}, {"<unk>", 2}, {"Tool:", 3}};
  std::vector<int> ends = {1};
  for (int id = 4; id < 64; ++id) {
    const auto at = static_cast<std::size_t>(id - 4);
    const std::string word = at < words.size() ? words[at] : "w" + std::to_string(id);
    vocabulary[word] = id;
    if (id >= 58) ends.push_back(id);
  }
  tokenizer["model"]["vocab"] = vocabulary;
  config["eos_token_id"] = ends;
  config["max_position_embeddings"] = 1024;
  const TemporaryFolder folder;
  fs::copy(tiny / "model.safetensors", folder / "model.safetensors");
  std::ofstream(folder / "tokenizer.json") << tokenizer;
  std::ofstream(folder / "config.json") << config;
  return model::Model::load(folder.path());
}

}  // namespace pagequest::testing
