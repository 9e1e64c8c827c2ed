// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/page.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/agent/tasks/corpus/page_text.h"
#include "engine/agent/tasks/corpus/wrap.h"

namespace pagequest::agent {
namespace {

constexpr std::size_t kMostMatches = 50;
constexpr std::size_t kMatchLines = 4;

std::string heading(const std::string& url) { return "\nURL: " + url + "\n"; }

/// Writes links with one id a target.
class LinkWriter {
 public:
  explicit LinkWriter(std::string domain) : domain_(std::move(domain)) {}

  std::string link(const std::string& text, const std::string& url) {
    const auto [at, is_new] = ids_.emplace(url, links_.size());
    if (is_new) links_.push_back({.url = url});
    const std::string domain = domain_of(url);
    return "【" + std::to_string(at->second) + "†" + text +
           (domain == domain_ ? "" : "†" + domain) + "】";
  }
  [[nodiscard]] std::vector<PageLink> links() const { return links_; }

 private:
  std::string domain_;
  std::map<std::string, std::size_t> ids_;
  std::vector<PageLink> links_;
};

}  // namespace

Page document_page(const CorpusDocument& document) {
  LinkWriter writer(domain_of(document.url));
  const std::string text = replace_markdown_links(
      without_link_marks(document.text),
      [&](const std::string& shown, const std::string& url) { return writer.link(shown, url); });
  return {.kind = Page::Kind::document,
          .url = document.url,
          .title = document.title,
          .text = heading(document.url) + text,
          .links = writer.links()};
}

Page source_page(const CorpusDocument& document) {
  return {.kind = Page::Kind::document,
          .url = std::string(kSourcePrefix) + document.url,
          .title = document.title,
          .text = heading(document.url) + document.text,
          .links = {}};
}

Page search_page(const std::string& query, const std::vector<CorpusHit>& hits) {
  LinkWriter writer("");
  std::string text = heading("") + "# Search Results\n";
  if (hits.empty()) text += "\nNo results.";
  for (const auto& hit : hits) {
    const auto snippet = replace_markdown_links(
        without_link_marks(hit.snippet), [](const auto& shown, const auto&) { return shown; });
    text += "\n  * " + writer.link(hit.title, hit.url) + " " + on_one_line(snippet);
  }
  return {
      .kind = Page::Kind::search, .url = {}, .title = query, .text = text, .links = writer.links()};
}

Page find_page(const Page& page, const std::string& pattern) {
  const std::vector<std::string> lines =
      split_lines(links_as_text(join_lines(wrap_lines(page.text))));
  const std::string wanted = lower_case(pattern);
  Page out{.kind = Page::Kind::find,
           .url = page.url + "/find?pattern=" + wanted,
           .title = "Find results for text: `" + wanted + "` in `" + page.title + "`",
           .text = {},
           .links = {}};
  for (std::size_t at = 0; at < lines.size() && out.links.size() < kMostMatches;) {
    if (lower_case(lines[at]).find(wanted) == std::string::npos) {
      ++at;
      continue;
    }
    const auto end = std::min(lines.size(), at + kMatchLines);
    if (!out.text.empty()) out.text += "\n\n";
    out.text +=
        "# 【" + std::to_string(out.links.size()) + "†match at L" + std::to_string(at) + "】";
    for (std::size_t i = at; i < end; ++i) out.text += "\n" + lines[i];
    out.links.push_back({.url = page.url, .line = static_cast<std::int32_t>(at)});
    at = end;
  }
  if (out.links.empty()) out.text = "No `find` results for pattern: `" + wanted + "`";
  return out;
}

}  // namespace pagequest::agent
