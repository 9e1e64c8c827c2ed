// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_bpe_model.h"

#include <nlohmann/json.hpp>

namespace pagequest::model::tokenizer {
namespace {

struct Pair {
  std::string left;
  std::string right;
};

/// A merge is ["a", "b"], or "a b" in older files.
Pair read_pair(const JsonPart& merge) {
  if (merge.json().is_array()) {
    const auto halves = merge.elements();
    if (halves.size() != 2) throw merge.error("two tokens");
    return {halves[0].text(), halves[1].text()};
  }
  const std::string& both = merge.text();
  const std::size_t space = both.find(' ');
  const bool two = space != std::string::npos && both.find(' ', space + 1) == std::string::npos;
  if (!two) throw merge.error("two tokens with a space between them");
  return {both.substr(0, space), both.substr(space + 1)};
}

std::int32_t require_token(const JsonPart& owner, const std::string& content,
                           const Vocabulary& vocabulary) {
  const auto id = vocabulary.find(content);
  if (!id) throw owner.error("tokens of the vocabulary", "there is no token `" + content + "`");
  return *id;
}

Merges read_merges(const JsonPart& merges, const Vocabulary& vocabulary) {
  Merges out;
  std::uint32_t rank = 0;
  for (const JsonPart& merge : merges.elements()) {
    const bool is_version =
        rank == 0 && merge.json().is_string() && merge.text().starts_with("#version");
    if (is_version) continue;
    const Pair pair = read_pair(merge);
    const std::int32_t left = require_token(merge, pair.left, vocabulary);
    const std::int32_t right = require_token(merge, pair.right, vocabulary);
    out.add(left, right, {rank++, require_token(merge, pair.left + pair.right, vocabulary)});
  }
  return out;
}

void refuse_affixes(const JsonPart& model) {
  for (const char* option : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!model[option].optional_text().value_or("").empty()) throw model[option].error("null");
  }
  const nlohmann::json& dropout = model["dropout"].json();
  if (!dropout.is_null() && !(dropout.is_number() && dropout.get<double>() == 0.0)) {
    throw model["dropout"].error("null", "dropout makes the ids random");
  }
}

}  // namespace

BpeModel read_bpe_model(const JsonPart& model, const Vocabulary& vocabulary) {
  model.allow_only({"type", "dropout", "unk_token", "continuing_subword_prefix",
                    "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab",
                    "merges"});
  refuse_affixes(model);
  BpeModel out;
  if (const auto unknown = model["unk_token"].optional_text()) {
    out.unknown = require_token(model["unk_token"], *unknown, vocabulary);
  }
  out.fuse_unknown = model["fuse_unk"].flag(false);
  out.byte_fallback = model["byte_fallback"].flag(false);
  out.ignore_merges = model["ignore_merges"].flag(false);
  out.merges = read_merges(model["merges"], vocabulary);
  return out;
}

std::array<std::int32_t, 256> read_byte_ids(const JsonPart& model, const Vocabulary& vocabulary,
                                            std::string (*spelling)(unsigned byte)) {
  std::array<std::int32_t, 256> ids{};
  for (unsigned byte = 0; byte < ids.size(); ++byte) {
    const std::string content = spelling(byte);
    const auto id = vocabulary.find(content);
    if (!id) throw model["vocab"].error("a token for each byte", "there is no `" + content + "`");
    ids[byte] = *id;
  }
  return ids;
}

}  // namespace pagequest::model::tokenizer
