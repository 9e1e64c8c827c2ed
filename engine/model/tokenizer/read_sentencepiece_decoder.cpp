// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_sentencepiece_decoder.h"

#include <vector>

namespace pagequest::model::tokenizer {
namespace {

using Options = SentencePieceDecoder::Options;

constexpr int kMostStripped = 1000;

Options read_metaspace(const JsonPart& part) {
  part.allow_only(
      {"type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"});
  if (part["replacement"].text() != kMetaspace) throw part["replacement"].error("U+2581");
  const bool add = part["add_prefix_space"].flag(true);
  const bool never = part["prepend_scheme"].optional_text().value_or("") == "never" || !add;
  return {.byte_fallback = false, .strip_spaces = 0, .drop_first_spaces = !never};
}

void check_replace(const JsonPart& step) {
  const JsonPart pattern = step["pattern"]["String"];
  if (pattern.text() != kMetaspace) throw pattern.error("U+2581");
  if (step["content"].text() != " ") throw step["content"].error("a space");
}

int read_strip(const JsonPart& step) {
  if (step["content"].text() != " ") throw step["content"].error("a space");
  if (step["stop"].integer() != 0) throw step["stop"].error("0");
  const std::int64_t start = step["start"].integer();
  if (start < 0 || start > kMostStripped) throw step["start"].error("a small count");
  return static_cast<int>(start);
}

}  // namespace

Options read_sentencepiece_decoder(const JsonPart& decoder) {
  if (decoder.type() == "Metaspace") return read_metaspace(decoder);
  if (decoder.type() != "Sequence") throw decoder.error("Sequence or Metaspace");
  const std::vector<JsonPart> steps = decoder["decoders"].elements();
  constexpr const char* kExpected[] = {"Replace", "ByteFallback", "Fuse", "Strip"};
  if (steps.size() < 3 || steps.size() > 4) {
    throw decoder["decoders"].error("Replace, ByteFallback, Fuse and perhaps Strip");
  }
  for (std::size_t at = 0; at < steps.size(); ++at) {
    if (steps[at].type() != kExpected[at]) throw steps[at].error(kExpected[at]);
  }
  check_replace(steps[0]);
  const int strip = steps.size() == 4 ? read_strip(steps[3]) : 0;
  return {.byte_fallback = true, .strip_spaces = strip, .drop_first_spaces = false};
}

}  // namespace pagequest::model::tokenizer
