// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::model::tokenizer {

/// A token that is cut out of the text before the model sees it.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool special = false;
  bool normalized = false;  // looked for in the normalized text, not in the raw one
};

/// A stretch of text: plain (id < 0) or one added token.
struct Section {
  std::string_view text;
  std::int32_t id = -1;
};

/// Finds added tokens: at each position the longest one, left to right, without overlap.
class AddedTokenFinder {
 public:
  /// The last token added wins where two have one `pattern`, which must not be empty.
  void add(std::string_view pattern, const AddedToken& token);

  /// `text` as sections, none of them empty. With `keep_special`, special tokens stay plain text.
  [[nodiscard]] std::vector<Section> split(std::string_view text, bool keep_special) const;

 private:
  struct Match {
    std::int32_t id = -1;
    bool special = false;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Match longest(std::string_view text) const;

  std::array<bool, 256> first_bytes_{};
  std::map<std::size_t, std::map<std::string, Match, std::less<>>, std::greater<>> by_length_;
};

}  // namespace pagequest::model::tokenizer
