// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::agent {

/// A text as the tokenizer sees it: words joined by single spaces.
class Text {
 public:
  Text& add(std::string_view word) {
    if (!text_.empty()) text_ += ' ';
    text_ += word;
    return *this;
  }
  template <class... Words>
  Text& add(std::string_view first, const Words&... rest) {
    add(first);
    return add(std::string_view(rest)...);
  }
  [[nodiscard]] const std::string& str() const noexcept { return text_; }

 private:
  std::string text_;
};

[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);

/// The fixed word classes. A word belongs to one class only.
[[nodiscard]] std::span<const std::string_view> entity_words();
[[nodiscard]] std::span<const std::string_view> link_relations();     // value: an entity
[[nodiscard]] std::span<const std::string_view> plain_relations();    // value: a plain value
[[nodiscard]] std::span<const std::string_view> number_relations();   // value: a number
[[nodiscard]] std::span<const std::string_view> archive_relations();  // shown by `find` only
[[nodiscard]] std::span<const std::string_view> plain_values();
[[nodiscard]] std::span<const std::string_view> filler_words();

inline constexpr int kLabels = 40;     // a0 < a1 < ...: names of question steps, in order
inline constexpr int kNumbers = 12;    // n0 < n1 < ...: values that can be compared
inline constexpr int kDocuments = 40;  // d0, d1, ...: names of documents in search results
inline constexpr int kCursors = 32;    // plain numerals

[[nodiscard]] std::string label_word(int label);
[[nodiscard]] std::string number_word(int number);
[[nodiscard]] std::string document_word(int document);

/// All four kinds of relations.
[[nodiscard]] std::vector<std::string> relation_words();

/// Every word of the task, in the order of their token ids; `<unk>` is the first.
[[nodiscard]] std::vector<std::string> vocabulary();

}  // namespace pagequest::agent
