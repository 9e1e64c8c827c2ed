// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/answer_fields.h"

#include <nlohmann/json.hpp>

namespace pagequest::agent {
namespace {

void add(const JsonLine& line, const std::string& field, const nlohmann::json& value,
         std::vector<std::string>& out) {
  if (value.is_number()) {
    out.push_back(value.dump());
  } else if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
    out.push_back(value.get<std::string>());
  } else {
    throw line.error(field, value.dump(), "a text or a number");
  }
}

}  // namespace

std::vector<std::string> accepted_answers(const JsonLine& line) {
  std::vector<std::string> out;
  const auto single = line.object.find("answer");
  if (single != line.object.end() && !single->is_null()) add(line, "answer", *single, out);
  const auto several = line.object.find("answers");
  if (several == line.object.end() || several->is_null()) return out;
  if (!several->is_array()) throw line.error("answers", several->dump(), "a list of texts");
  for (const auto& value : *several) add(line, "answers", value, out);
  return out;
}

}  // namespace pagequest::agent
