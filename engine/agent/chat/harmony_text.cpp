// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/harmony_text.h"

#include <sstream>

namespace pagequest::agent::chat {
namespace {

constexpr const char* kDefaultDate = "2025-06-28";

bool is_built_in(const ToolNamespace& space) { return space.name != "functions"; }

std::string comment(const std::string& lines) {
  std::istringstream in(lines);
  std::string out;
  for (std::string line; std::getline(in, line);) out += "// " + line + "\n";
  return out;
}

std::string type_of(const Parameter& parameter) {
  std::string out;
  for (const auto& type : parameter.types) {
    if (!out.empty()) out += " | ";
    out += type == "integer" ? "number" : type;
  }
  return out;
}

std::string parameter_text(const Parameter& parameter) {
  std::string out = comment(parameter.description) + parameter.name;
  out += (parameter.required ? ": " : "?: ") + type_of(parameter) + ",";
  if (!parameter.default_value.empty()) out += " // default: " + parameter.default_value;
  return out + "\n";
}

std::string function_text(const Function& function) {
  std::string out = comment(function.description) + "type " + function.name + " = (";
  if (!function.parameters.empty()) {
    out += "_: {\n";
    for (const auto& parameter : function.parameters) out += parameter_text(parameter);
    out += "}";
  }
  return out + ") => any;\n\n";
}

std::string namespace_text(const ToolNamespace& space) {
  std::string out = "## " + space.name + "\n\n" + comment(space.description);
  out += "namespace " + space.name + " {\n\n";
  for (const auto& function : space.functions) out += function_text(function);
  return out + "} // namespace " + space.name;
}

/// The namespaces of one kind below a heading, or "".
std::string tools_text(std::span<const ToolNamespace> tools, bool built_in) {
  std::string out;
  for (const auto& space : tools) {
    if (is_built_in(space) != built_in) continue;
    out += (out.empty() ? "# Tools\n\n" : "\n\n") + namespace_text(space);
  }
  return out;
}

}  // namespace

std::string harmony_system(const Settings& settings, std::span<const ToolNamespace> tools) {
  std::string out = "You are ChatGPT, a large language model trained by OpenAI.\n";
  out += "Knowledge cutoff: 2024-06\nCurrent date: ";
  out += settings.date.empty() ? kDefaultDate : settings.date;
  out += "\n\nReasoning: " + settings.effort + "\n\n";
  if (const auto text = tools_text(tools, true); !text.empty()) out += text + "\n\n";
  out += "# Valid channels: analysis, commentary, final. ";
  out += "Channel must be included for every message.";
  if (!tools_text(tools, false).empty()) {
    out += "\nCalls to these tools must go to the commentary channel: 'functions'.";
  }
  return out;
}

std::string harmony_developer(const std::string& instructions,
                              std::span<const ToolNamespace> tools) {
  std::string out;
  if (!instructions.empty()) out = "# Instructions\n\n" + instructions;
  const auto text = tools_text(tools, false);
  if (!text.empty()) out += (out.empty() ? "" : "\n\n") + text;
  return out;
}

}  // namespace pagequest::agent::chat
