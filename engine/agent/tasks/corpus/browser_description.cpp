// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What gpt-oss was trained with, word for word where the model depends on it (openai/harmony,
// docs/format.md, section "Browser tool").
#include "engine/agent/tasks/corpus/browser.h"

namespace pagequest::agent {
namespace {

using chat::Function;
using chat::Parameter;

Parameter optional(std::string name, std::vector<std::string> types, std::string default_value) {
  return {.name = std::move(name),
          .types = std::move(types),
          .default_value = std::move(default_value),
          .description = {},
          .required = false};
}

Parameter required(std::string name) {
  return {.name = std::move(name),
          .types = {"string"},
          .default_value = {},
          .description = {},
          .required = true};
}

Function search_function() {
  return {.name = "search",
          .description = "Searches for information related to `query` and displays `topn` results.",
          .parameters = {required("query"), optional("topn", {"number"}, "10"),
                         optional("source", {"string"}, "")}};
}

Function open_function() {
  return {.name = "open",
          .description =
              "Opens the link `id` from the page indicated by `cursor` starting at line number "
              "`loc`, showing `num_lines` lines.\n"
              "Valid link ids are displayed with the formatting: `【{id}†.*】`.\n"
              "If `cursor` is not provided, the most recent page is implied.\n"
              "If `id` is a string, it is treated as a fully qualified URL associated with "
              "`source`.\n"
              "If `loc` is not provided, the viewport will be positioned at the beginning of the "
              "document or centered on the most relevant passage, if available.\n"
              "Use this function without `id` to scroll to a new location of an opened page.",
          .parameters = {
              optional("id", {"number", "string"}, "-1"), optional("cursor", {"number"}, "-1"),
              optional("loc", {"number"}, "-1"), optional("num_lines", {"number"}, "-1"),
              optional("view_source", {"boolean"}, "false"), optional("source", {"string"}, "")}};
}

Function find_function() {
  return {.name = "find",
          .description =
              "Finds exact matches of `pattern` in the current page, or the page given by "
              "`cursor`.",
          .parameters = {required("pattern"), optional("cursor", {"number"}, "-1")}};
}

}  // namespace

chat::ToolNamespace Browser::description() {
  return {.name = "browser",
          .description =
              "Tool for browsing.\n"
              "The `cursor` appears in brackets before each browsing display: `[{cursor}]`.\n"
              "Cite information from the tool using the following format:\n"
              "`【{cursor}†L{line_start}(-L{line_end})?】`, for example: `【6†L9-L11】` or "
              "`【8†L3】`.\n"
              "Do not quote more than 10 words directly from the tool output.\n"
              "sources=web (default: web)",
          .functions = {search_function(), open_function(), find_function()}};
}

}  // namespace pagequest::agent
