// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/tool_json.h"

#include <nlohmann/json.hpp>

namespace pagequest::agent::chat {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 64;  // levels of a call's JSON; beyond is no call

/// An object that is not nested too deeply; otherwise null.
Json parse_shallow(std::string_view text) {
  bool shallow = true;
  const auto watch = [&](int depth, Json::parse_event_t, const Json&) {
    shallow = shallow && depth <= kDeepest;
    return shallow;
  };
  Json value = Json::parse(text, watch, false);
  return shallow && value.is_object() ? value : Json();
}

void write_spaced(const Json& value, std::string& out) {
  const bool is_object = value.is_object();
  if (!is_object && !value.is_array()) {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  out += is_object ? '{' : '[';
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += ", ";
    first = false;
    if (is_object) out += Json(item.key()).dump() + ": ";
    write_spaced(item.value(), out);
  }
  out += is_object ? '}' : ']';
}

std::string spaced(const Json& value) {
  std::string out;
  write_spaced(value, out);
  return out;
}

Json parameter_schema(const Parameter& parameter) {
  Json schema;
  if (parameter.types.size() == 1) {
    schema["type"] = parameter.types[0];
  } else {
    schema["type"] = parameter.types;
  }
  if (!parameter.description.empty()) schema["description"] = parameter.description;
  if (!parameter.default_value.empty()) schema["default"] = Json::parse(parameter.default_value);
  return schema;
}

Json schema_of(const Function& function) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& parameter : function.parameters) {
    properties[parameter.name] = parameter_schema(parameter);
    if (parameter.required) required.push_back(parameter.name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

}  // namespace

std::optional<ToolCall> parse_call_object(std::string_view text, std::string_view arguments_key) {
  const Json object = parse_shallow(text);
  if (!object.is_object()) return std::nullopt;
  const auto name = object.find("name");
  if (name == object.end() || !name->is_string()) return std::nullopt;
  ToolCall call{.name = name->get<std::string>(), .arguments = "{}"};
  const auto arguments = object.find(std::string(arguments_key));
  if (arguments == object.end()) return call;
  if (!arguments->is_object() && !arguments->is_string()) return std::nullopt;
  call.arguments = arguments->is_string() ? arguments->get<std::string>() : spaced(*arguments);
  return call;
}

std::string function_json(const Function& function, int indent) {
  const Json json = {{"type", "function"},
                     {"function",
                      {{"name", function.name},
                       {"description", function.description},
                       {"parameters", schema_of(function)}}}};
  return indent > 0 ? json.dump(indent) : spaced(json);
}

std::string spaced_json(std::string_view text) {
  const Json value = parse_shallow(text);
  return value.is_object() ? spaced(value) : std::string(text);
}

std::vector<Function> all_functions(std::span<const ToolNamespace> tools) {
  std::vector<Function> functions;
  for (const auto& space : tools) {
    functions.insert(functions.end(), space.functions.begin(), space.functions.end());
  }
  return functions;
}

}  // namespace pagequest::agent::chat
