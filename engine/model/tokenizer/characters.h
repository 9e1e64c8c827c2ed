// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/model/unicode.h"

namespace pagequest::model::tokenizer {

/// A set of kinds of characters.
class KindSet {
 public:
  template <class... Kinds>
  constexpr explicit KindSet(Kinds... kinds) : bits_((0U | ... | bit(kinds))) {}
  [[nodiscard]] constexpr bool has(CharKind kind) const { return (bits_ & bit(kind)) != 0; }

 private:
  static constexpr unsigned bit(CharKind kind) { return 1U << static_cast<unsigned>(kind); }
  unsigned bits_;
};

/// UTF-8 text by character, for the split patterns. Positions are character indices; a position at
/// or behind the end is in no set and equals no character.
class Characters {
 public:
  /// Refers to `text`.
  explicit Characters(std::string_view text);

  [[nodiscard]] std::size_t size() const { return kinds_.size(); }
  [[nodiscard]] bool in(std::size_t at, KindSet set) const {
    return at < size() && set.has(kinds_[at]);
  }
  [[nodiscard]] bool is(std::size_t at, char ascii) const {
    return at < size() && text_[offsets_[at]] == ascii;
  }
  /// First position from `at` on that is not in `set`.
  [[nodiscard]] std::size_t run_end(std::size_t at, KindSet set) const {
    while (in(at, set)) ++at;
    return at;
  }
  [[nodiscard]] std::string_view slice(std::size_t begin, std::size_t end) const {
    return text_.substr(offsets_[begin], offsets_[end] - offsets_[begin]);
  }

 private:
  std::string_view text_;
  std::vector<CharKind> kinds_;
  std::vector<std::size_t> offsets_;  // in bytes; one more than characters
};

}  // namespace pagequest::model::tokenizer
