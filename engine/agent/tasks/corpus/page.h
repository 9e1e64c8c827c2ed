// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agent/tasks/corpus/index.h"

namespace pagequest::agent {

/// What stands before a document's URL on its page of source text.
inline constexpr std::string_view kSourcePrefix = "view-source:";

struct PageLink {
  std::string url;
  std::int32_t line = -1;  // of the target's page that matters; -1: its beginning
};

/// What a browser shows under a cursor, in windows of wrapped lines. A link is `【id†text】` in the
/// text, with `†domain` behind when that differs from the page's; `links` go by id.
struct Page {
  enum class Kind : std::uint8_t { document, search, find };
  Kind kind = Kind::document;
  std::string url;
  std::string title;
  std::string text;
  std::vector<PageLink> links;
};

/// Markdown links of the text become links; brackets that look like link marks are replaced.
[[nodiscard]] Page document_page(const CorpusDocument& document);

/// The stored text as it is, without links; its URL has kSourcePrefix.
[[nodiscard]] Page source_page(const CorpusDocument& document);

[[nodiscard]] Page search_page(const std::string& query, const std::vector<CorpusHit>& hits);

/// Up to 50 matches of a pattern (ASCII letters of either case) in the lines of a page, links shown
/// as their text, four lines each.
[[nodiscard]] Page find_page(const Page& page, const std::string& pattern);

}  // namespace pagequest::agent
