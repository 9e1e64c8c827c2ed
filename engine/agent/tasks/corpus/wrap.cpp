// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/wrap.h"

#include <algorithm>
#include <cstddef>

#include "engine/agent/tasks/corpus/utf8.h"

namespace pagequest::agent {
namespace {

using View = std::u32string_view;

bool is_space(char32_t c) { return c == U' ' || (c >= U'\t' && c <= U'\r'); }
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

/// Of Unicode's punctuation and symbols, the blocks that texts have most.
bool is_symbol_block(char32_t c) {
  return (c >= 0x80 && c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA) || c == 0xD7 || c == 0xF7 ||
         (c >= 0x2000 && c < 0x2070) || (c >= 0x20A0 && c < 0x2100) ||
         (c >= 0x2190 && c < 0x2C00) || (c >= 0x3000 && c < 0x3040 && c != 0x3005) ||
         (c >= 0xFF00 && c < 0xFF10) || c == 0xFFFD;
}

bool is_letter(char32_t c) {
  if (c >= 0x80) return !is_symbol_block(c);
  return (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z') || c == U'_';
}

bool is_word(char32_t c) { return is_letter(c) || is_digit(c); }

bool stands_before_dash(char32_t c) {
  return is_word(c) || View(U"!\"'&.,?").find(c) != View::npos;
}

/// Splits a line into the pieces between which it may break.
class Chunks {
 public:
  explicit Chunks(View text) : text_(text) {}

  std::vector<std::u32string> all() {
    std::vector<std::u32string> out;
    while (at_ < text_.size()) {
      const std::size_t end = next_end();
      out.emplace_back(text_.substr(at_, end - at_));
      at_ = end;
    }
    return out;
  }

 private:
  [[nodiscard]] char32_t at(std::size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }

  /// The end of the dashes at `i`, or `i` when they don't join two words.
  [[nodiscard]] std::size_t dash_end(std::size_t i) const {
    std::size_t end = i;
    while (at(end) == U'-') ++end;
    const bool joins = i > 0 && end - i >= 2 && stands_before_dash(at(i - 1)) && is_word(at(end));
    return joins ? end : i;
  }

  /// Whether a word may break behind the hyphen at `i`.
  [[nodiscard]] bool breaks_behind(std::size_t i) const {
    if (at(i) != U'-' || i < 2 || !is_letter(at(i - 1))) return false;
    const bool word = is_letter(at(i - 2)) || (i >= 3 && at(i - 2) == U'-' && is_letter(at(i - 3)));
    const std::size_t second = at(i + 2) == U'-' ? i + 3 : i + 2;
    return word && is_letter(at(i + 1)) && is_letter(at(second));
  }

  [[nodiscard]] std::size_t next_end() const {
    std::size_t end = at_;
    while (end < text_.size() && is_space(text_[end])) ++end;
    if (end > at_) return end;
    if (end = dash_end(at_); end > at_) return end;
    for (end = at_ + 1; end < text_.size(); ++end) {
      if (breaks_behind(end)) return end + 1;
      if (is_space(text_[end]) || dash_end(end) > end) return end;
    }
    return end;
  }

  View text_;
  std::size_t at_ = 0;
};

std::u32string without_tabs(View line) {
  std::u32string out;
  std::size_t column = 0;
  for (const char32_t c : line) {
    if (c != U'\t') {
      out += c;
      column = c == U'\r' ? 0 : column + 1;
      continue;
    }
    const std::size_t spaces = 8 - column % 8;
    out.append(spaces, U' ');
    column += spaces;
  }
  return out;
}

/// How much of a word that is too long goes on a line with `room` left.
std::size_t break_long(const std::u32string& word, std::size_t room) {
  const std::size_t hyphen = room == 0 ? View::npos : word.rfind(U'-', room - 1);
  if (hyphen == View::npos || hyphen == 0) return room;
  const bool only_hyphens = View(word).substr(0, hyphen).find_first_not_of(U'-') == View::npos;
  return only_hyphens ? room : hyphen + 1;
}

void wrap_line(View line, std::size_t width, std::vector<std::string>& out) {
  auto chunks = Chunks(without_tabs(line)).all();
  std::reverse(chunks.begin(), chunks.end());
  while (!chunks.empty()) {
    std::u32string current;
    while (!chunks.empty() && current.size() + chunks.back().size() <= width) {
      current += chunks.back();
      chunks.pop_back();
    }
    if (!chunks.empty() && chunks.back().size() > width) {
      const std::size_t end = break_long(chunks.back(), width - current.size());
      current += chunks.back().substr(0, end);
      chunks.back().erase(0, end);
    }
    out.push_back(to_utf8(current));
  }
}

}  // namespace

std::vector<std::string> wrap_lines(std::string_view text, int width) {
  std::vector<std::string> out;
  const std::u32string points = to_code_points(text);
  for (std::size_t at = 0; at <= points.size();) {
    const std::size_t end = std::min(points.find(U'\n', at), points.size());
    const View line = View(points).substr(at, end - at);
    if (line.empty()) out.emplace_back();
    wrap_line(line, static_cast<std::size_t>(width), out);
    at = end + 1;
  }
  return out;
}

}  // namespace pagequest::agent
