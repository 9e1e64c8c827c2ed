// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pagequest::model::tokenizer {

/// Tokens as spelled in the file and their ids, one to one.
class Vocabulary {
 public:
  Vocabulary() = default;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;
  Vocabulary(const Vocabulary&) = delete;  // tokens_ points into ids_
  Vocabulary& operator=(const Vocabulary&) = delete;

  /// False when the content has another id or the id another content. `id` is not negative.
  [[nodiscard]] bool add(std::string_view content, std::int32_t id);
  void mark_special(std::int32_t id);
  /// What decoders read in place of the content; `id` has a token.
  void set_decoded(std::int32_t id, std::string text);

  [[nodiscard]] std::optional<std::int32_t> find(std::string_view content) const;
  /// nullptr for an id without a token.
  [[nodiscard]] const std::string* content(std::int32_t id) const;
  /// The content, or what set_decoded() gave; nullptr for an id without a token.
  [[nodiscard]] const std::string* decoded(std::int32_t id) const;
  [[nodiscard]] bool is_special(std::int32_t id) const;
  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(ids_.size()); }
  /// One more than the largest id.
  [[nodiscard]] std::int32_t end() const { return static_cast<std::int32_t>(tokens_.size()); }

 private:
  struct Token {
    const std::string* content = nullptr;  // key of ids_
    bool special = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  std::vector<Token> tokens_;  // by id
  std::unordered_map<std::int32_t, std::string> decoded_;
};

}  // namespace pagequest::model::tokenizer
