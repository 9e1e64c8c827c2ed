// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/browser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json_depth.h"
#include "engine/agent/tasks/corpus/page_text.h"
#include "engine/agent/tasks/corpus/wrap.h"

namespace pagequest::agent {
namespace {

using nlohmann::json;

/// A call that the model got wrong; the text is shown to it.
struct ToolError {
  std::string text;
};

ToolError bad_arguments() { return {json{{"error", "Invalid function arguments"}}.dump()}; }

json read_arguments(const std::string& text) {
  if (text.empty()) return json::object();
  if (nests_too_deep(text)) throw bad_arguments();
  auto arguments = json::parse(text, nullptr, false);
  if (!arguments.is_object()) throw bad_arguments();
  return arguments;
}

std::string text_argument(const json& arguments, const char* name) {
  const auto at = arguments.find(name);
  if (at == arguments.end() || !at->is_string()) throw bad_arguments();
  return at->get<std::string>();
}

std::int64_t integer_argument(const json& arguments, const char* name) {
  const auto at = arguments.find(name);
  if (at == arguments.end() || at->is_null()) return -1;
  if (at->is_number_integer()) return at->get<std::int64_t>();
  throw ToolError{"`" + std::string(name) + "` should be an integer, not `" + at->type_name() +
                  "`"};
}

std::string numbered(std::size_t number, const std::string& line) {
  return "L" + std::to_string(number) + ": " + line;
}

}  // namespace

struct Browser::OpenArguments {
  std::int64_t id = -1;
  std::optional<std::string> url;  // in place of the id
  std::int64_t cursor = -1;
  std::int64_t loc = -1;
  std::int64_t num_lines = -1;
  bool view_source = false;

  static OpenArguments read(const json& arguments) {
    OpenArguments out{.cursor = integer_argument(arguments, "cursor"),
                      .loc = integer_argument(arguments, "loc"),
                      .num_lines = integer_argument(arguments, "num_lines"),
                      .view_source = arguments.value("view_source", json()) == true};
    const auto id = arguments.find("id");
    if (id != arguments.end() && id->is_string()) {
      out.url = id->get<std::string>();
    } else {
      out.id = integer_argument(arguments, "id");
    }
    return out;
  }
};

ToolReply Browser::call(const chat::ToolCall& call) {
  try {
    const std::string name = call.name.substr(call.name.rfind('.') + 1);
    const json arguments = read_arguments(call.arguments);
    if (name == "search") return search(text_argument(arguments, "query"));
    if (name == "open") return open(OpenArguments::read(arguments));
    if (name == "find") {
      return find(text_argument(arguments, "pattern"), integer_argument(arguments, "cursor"));
    }
    throw ToolError{json{{"error", "Unknown function: " + shortened(name)}}.dump()};
  } catch (const ToolError& error) {
    return {.ok = false, .cursor = -1, .text = error.text};
  }
}

ToolReply Browser::search(const std::string& query) {
  return show(search_page(query, index_.search(query, kSearchResults)), 0, -1);
}

ToolReply Browser::open(const OpenArguments& arguments) {
  if (arguments.url) {
    return show(fetch(*arguments.url, arguments.view_source),
                std::max<std::int64_t>(arguments.loc, 0), arguments.num_lines);
  }
  const Page& current = page_at(arguments.cursor);
  if (arguments.id < 0) {
    const bool source = arguments.view_source && !current.url.empty();
    return show(source ? fetch(current.url, true) : current,
                std::max<std::int64_t>(arguments.loc, 0), arguments.num_lines);
  }
  if (std::cmp_greater_equal(arguments.id, current.links.size())) {
    throw ToolError{"Invalid link id `" + std::to_string(arguments.id) + "`."};
  }
  const PageLink link = current.links[static_cast<std::size_t>(arguments.id)];
  std::int64_t first = arguments.loc;
  if (first < 0) first = link.line > 4 ? link.line - 4 : std::max(link.line, 0);
  return show(fetch(link.url, arguments.view_source), first, arguments.num_lines);
}

ToolReply Browser::find(const std::string& pattern, std::int64_t cursor) {
  const Page& page = page_at(cursor);
  if (page.kind != Page::Kind::document) {
    throw ToolError{"Cannot run `find` on search results page or find results page"};
  }
  return show(find_page(page, pattern), 0, -1);
}

ToolReply Browser::show(Page page, std::int64_t first_line, std::int64_t line_count) {
  const auto lines = wrap_lines(page.text);
  if (std::cmp_greater_equal(first_line, lines.size())) {
    throw ToolError{"Invalid location parameter: `" + std::to_string(first_line) +
                    "`. Cannot exceed page maximum of " + std::to_string(lines.size() - 1) + "."};
  }
  const auto first = static_cast<std::size_t>(first_line);
  const auto end =
      line_count > 0 ? first + std::min(static_cast<std::size_t>(line_count), lines.size() - first)
                     : window_end(lines, first);
  const auto cursor = static_cast<int>(pages_.size());
  std::string text = "[" + std::to_string(cursor) + "] " + page.title;
  if (!page.url.empty()) text += " (" + shortened(page.url) + ")";
  text += "\n**viewing lines [" + std::to_string(first) + " - " + std::to_string(end - 1) +
          "] of " + std::to_string(lines.size() - 1) + "**\n";
  for (std::size_t i = first; i < end; ++i) text += "\n" + numbered(i, lines[i]);
  pages_.push_back(std::move(page));
  return {.ok = true, .cursor = cursor, .text = std::move(text)};
}

/// The line that holds the first token beyond the limit is shown in full.
std::size_t Browser::window_end(const std::vector<std::string>& lines, std::size_t first) const {
  std::int64_t tokens = 0;
  for (std::size_t i = first; i < lines.size(); ++i) {
    tokens += std::ssize(tokenizer_.encode_ordinary(numbered(i, lines[i]) + "\n"));
    if (tokens > view_tokens_) return i + 1;
  }
  return lines.size();
}

const Page& Browser::page_at(std::int64_t cursor) const {
  if (pages_.empty()) throw ToolError{"No pages to access!"};
  if (cursor == -1) return pages_.back();
  if (cursor >= 0 && std::cmp_less(cursor, pages_.size())) {
    return pages_[static_cast<std::size_t>(cursor)];
  }
  throw ToolError{"Cursor `" + std::to_string(cursor) +
                  "` is out of range. Available cursor indices: [0 - " +
                  std::to_string(pages_.size() - 1) + "]."};
}

Page Browser::fetch(const std::string& url, bool source) const {
  const bool names_source = url.starts_with(kSourcePrefix);
  const auto document = index_.document(names_source ? url.substr(kSourcePrefix.size()) : url);
  if (document) return source || names_source ? source_page(*document) : document_page(*document);
  throw ToolError{"Error fetching URL `" + shortened(url) + "`: no such document"};
}

std::string Browser::title(std::int32_t cursor) const {
  const Page& page = page_at(cursor);
  if (page.kind == Page::Kind::search) return "Search results for: " + on_one_line(page.title);
  return on_one_line(page.title) + " (" + shortened(page.url, 120) + ")";
}

}  // namespace pagequest::agent
