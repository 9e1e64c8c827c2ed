// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_post_processor.h"

#include <nlohmann/json.hpp>

namespace pagequest::model::tokenizer {
namespace {

/// Ids of one special token of the template.
Ids read_special(const JsonPart& part, const std::string& name, const Vocabulary& vocabulary) {
  Ids out;
  for (const JsonPart& id : part["special_tokens"][name]["ids"].elements()) {
    const std::int64_t number = id.integer();
    const bool known = number >= 0 && number < vocabulary.end() &&
                       vocabulary.content(static_cast<std::int32_t>(number)) != nullptr;
    if (!known) throw id.error("an id of the vocabulary");
    out.push_back(static_cast<std::int32_t>(number));
  }
  return out;
}

Template read_template(const JsonPart& part, const Vocabulary& vocabulary) {
  part.allow_only({"type", "single", "pair", "special_tokens"});
  Template out;
  bool text_seen = false;
  for (const JsonPart& piece : part["single"].elements()) {
    piece.allow_only({"SpecialToken", "Sequence"});
    if (!piece["Sequence"].is_null()) {
      if (text_seen || piece["Sequence"]["id"].text() != "A") throw piece.error("one sequence A");
      text_seen = true;
      continue;
    }
    const Ids ids = read_special(part, piece["SpecialToken"]["id"].text(), vocabulary);
    Ids& side = text_seen ? out.suffix : out.prefix;
    side.insert(side.end(), ids.begin(), ids.end());
  }
  if (!text_seen) throw part["single"].error("one sequence A");
  return out;
}

Template read_sequence(const JsonPart& part, const Vocabulary& vocabulary) {
  part.allow_only({"type", "processors"});
  Template out;
  bool seen = false;
  for (const JsonPart& step : part["processors"].elements()) {
    const bool adds = step.type() == "TemplateProcessing";
    if (!adds && step.type() != "ByteLevel") throw step.error("ByteLevel or TemplateProcessing");
    if (adds && seen) throw step.error("one TemplateProcessing");
    if (adds) out = read_template(step, vocabulary);
    seen = seen || adds;
  }
  return out;
}

}  // namespace

Template read_post_processor(const JsonPart& part, const Vocabulary& vocabulary) {
  const std::string type = part.type();
  if (type == "null" || type == "ByteLevel") return {};
  if (type == "TemplateProcessing") return read_template(part, vocabulary);
  if (type == "Sequence") return read_sequence(part, vocabulary);
  throw part.error("TemplateProcessing, ByteLevel, Sequence or null");
}

}  // namespace pagequest::model::tokenizer
