// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agent/chat/message.h"
#include "engine/agent/tasks/corpus/index.h"
#include "engine/agent/tasks/corpus/page.h"
#include "engine/agent/tasks/world.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent {

/// The tools search, open and find over a corpus, as gpt-oss's simple browser has them
/// (openai/gpt-oss, gpt_oss/tools/simple_browser): every display that succeeds gets the next
/// cursor, errors get none; a cursor of -1 is the newest; open without an id shows another part of
/// a page.
///
/// Unlike there, the result page of an older search stays reachable under its cursor, tokens of a
/// window are counted line by line, and pattern and page are compared in ASCII lower case.
class Browser {
 public:
  static constexpr std::int32_t kSearchResults = 20;

  /// References must outlive the browser. `view_tokens`: of the lines in one display, rounded up to
  /// a whole line.
  Browser(const CorpusIndex& index, const model::Tokenizer& tokenizer, std::int32_t view_tokens)
      : index_(index), tokenizer_(tokenizer), view_tokens_(view_tokens) {}

  /// Runs `search`, `open` or `find`, with or without `browser.` before it.
  ToolReply call(const chat::ToolCall& call);

  /// Title and URL of a cursor's page on one line.
  [[nodiscard]] std::string title(std::int32_t cursor) const;

  /// What models are told about the tools.
  [[nodiscard]] static chat::ToolNamespace description();

 private:
  struct OpenArguments;

  ToolReply search(const std::string& query);
  ToolReply open(const OpenArguments& arguments);
  ToolReply find(const std::string& pattern, std::int64_t cursor);
  ToolReply show(Page page, std::int64_t first_line, std::int64_t line_count);

  [[nodiscard]] const Page& page_at(std::int64_t cursor) const;
  /// A URL with kSourcePrefix asks for the source too.
  [[nodiscard]] Page fetch(const std::string& url, bool source) const;
  [[nodiscard]] std::size_t window_end(const std::vector<std::string>& lines,
                                       std::size_t first) const;

  const CorpusIndex& index_;
  const model::Tokenizer& tokenizer_;
  std::int32_t view_tokens_;
  std::vector<Page> pages_;  // by cursor
};

}  // namespace pagequest::agent
