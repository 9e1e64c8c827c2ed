// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/page_text.h"

#include <array>
#include <utility>

#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

constexpr std::string_view kOpen = "【";
constexpr std::string_view kClose = "】";
constexpr std::string_view kDagger = "†";

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLookAlikes = {
    {{kOpen, "〖"}, {kClose, "〗"}, {kDagger, "‡"}}};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The text of a link's inside (`id†text` or `id†text†domain`), or nothing shown for what is none.
std::string shown_text(std::string_view inside, std::string_view whole) {
  const auto first = inside.find(kDagger);
  if (first == std::string_view::npos || !is_number(inside.substr(0, first))) {
    return std::string(whole);
  }
  const auto rest = inside.substr(first + kDagger.size());
  return std::string(rest.substr(0, rest.find(kDagger)));
}

}  // namespace

std::string domain_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto host = url.substr(scheme + 3);
  return std::string(host.substr(0, host.find_first_of("/?#")));
}

std::string replace_markdown_links(
    std::string_view text,
    const std::function<std::string(const std::string&, const std::string&)>& write) {
  std::string out;
  while (true) {
    const auto middle = text.find("](");
    if (middle == std::string_view::npos) return out += text;
    const auto open = text.substr(0, middle).rfind('[');
    const auto end = text.find_first_of(") \n", middle + 2);
    if (open == std::string_view::npos || end == std::string_view::npos || text[end] != ')' ||
        end == middle + 2 || open + 1 == middle) {
      out += text.substr(0, middle + 2);
      text.remove_prefix(middle + 2);
      continue;
    }
    out += text.substr(0, open);
    out += write(std::string(text.substr(open + 1, middle - open - 1)),
                 std::string(text.substr(middle + 2, end - middle - 2)));
    text.remove_prefix(end + 1);
  }
}

std::string without_link_marks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 0;
    for (const auto& [mark, look_alike] : kLookAlikes) {
      if (!text.starts_with(mark)) continue;
      out += look_alike;
      taken = mark.size();
    }
    if (taken == 0) out += text[taken++];
    text.remove_prefix(taken);
  }
  return out;
}

std::string links_as_text(std::string_view text) {
  std::string out;
  while (true) {
    const auto open = text.find(kOpen);
    const auto close = open == std::string_view::npos ? open : text.find(kClose, open);
    if (close == std::string_view::npos) return out += text;
    const auto begin = open + kOpen.size();
    const auto end = close + kClose.size();
    out += text.substr(0, open);
    out += shown_text(text.substr(begin, close - begin), text.substr(open, end - open));
    text.remove_prefix(end);
  }
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string on_one_line(std::string_view text) {
  Text out;
  for (const auto word : split_words(text)) out.add(word);
  return out.str();
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) out += (i == 0 ? "" : "\n") + lines[i];
  return out;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string shortened(std::string_view text, std::size_t count) {
  if (text.size() <= count) return std::string(text);
  std::size_t end = count - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace pagequest::agent
