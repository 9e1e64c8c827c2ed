// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Small transformations of texts on the way into and out of pages.
namespace pagequest::agent {

/// The host of a URL; "" without one.
[[nodiscard]] std::string domain_of(std::string_view url);

/// `[shown](url)` replaced by what `write` makes of it; URLs end at white space or `)`.
[[nodiscard]] std::string replace_markdown_links(
    std::string_view text,
    const std::function<std::string(const std::string& shown, const std::string& url)>& write);

/// 【, 】 and † replaced by signs that look like them, so that only pages write links.
[[nodiscard]] std::string without_link_marks(std::string_view text);

/// `【id†text】` and `【id†text†domain】` replaced by the text.
[[nodiscard]] std::string links_as_text(std::string_view text);

[[nodiscard]] std::string lower_case(std::string_view text);  // ASCII letters
[[nodiscard]] std::string on_one_line(std::string_view text);
[[nodiscard]] std::string join_lines(const std::vector<std::string>& lines);
[[nodiscard]] std::vector<std::string> split_lines(std::string_view text);

/// At most `count` bytes, the last three of them dots if something was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t count = 1024);

}  // namespace pagequest::agent
