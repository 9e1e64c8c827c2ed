// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::model {

/// A word-level tokenizer: tokenizer.json with the model WordLevel and the pre-tokenizer
/// WhitespaceSplit. Added tokens are cut out of the text before it is split, as Hugging Face does.
class Tokenizer {
 public:
  /// Reads `folder`/tokenizer.json. Throws input_error when it is missing or malformed, when a part
  /// of the pipeline is of another type (named), or when an id is not below `vocabulary`.
  static Tokenizer load(const std::filesystem::path& folder, std::int32_t vocabulary);

  /// A word that the vocabulary lacks becomes the unknown token; without one, throws input_error.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;

  /// The words joined by single spaces. An id without a word is written as `<id>`.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const;

  /// Number of words, the added tokens included.
  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(ids_.size()); }

 private:
  void add(const std::filesystem::path& path, const std::string& word, std::int64_t id,
           std::int32_t vocabulary);
  void encode_plain(std::string_view text, std::vector<std::int32_t>& out) const;

  std::map<std::string, std::int32_t, std::less<>> ids_;
  std::map<std::int32_t, std::string> words_;
  std::vector<std::string> added_;  // longest first
  std::int32_t unknown_ = -1;       // -1: none
};

}  // namespace pagequest::model
