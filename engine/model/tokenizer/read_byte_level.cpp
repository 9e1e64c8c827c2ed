// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_byte_level.h"

#include "engine/model/tokenizer/byte_alphabet.h"
#include "engine/model/tokenizer/byte_level_bpe.h"
#include "engine/model/tokenizer/read_bpe_model.h"
#include "engine/model/unicode.h"

namespace pagequest::model::tokenizer {
namespace {

bool read_nfc(const JsonPart& normalizer) {
  if (normalizer.is_null()) return false;
  if (normalizer.type() != "NFC") throw normalizer.error("NFC or null", "the model is BPE");
  normalizer.allow_only({"type"});
  return true;
}

const SplitPattern* read_split(const JsonPart& split) {
  if (split.type() != "Split") throw split.error("Split");
  split.allow_only({"type", "pattern", "behavior", "invert"});
  const JsonPart regex = split["pattern"]["Regex"];
  const SplitPattern* pattern = find_split_pattern(regex.text());
  if (pattern == nullptr) {
    throw regex.error("a known split pattern: " + split_pattern_names(),
                      "patterns are compared character by character");
  }
  // The patterns match every character, so that nothing is left between the matches.
  const bool removed = split["behavior"].text() == "Removed";
  if (!removed && split["behavior"].text() != "Isolated") {
    throw split["behavior"].error("Isolated or Removed");
  }
  if (split["invert"].flag(false) != removed) throw split["invert"].error("the matches as words");
  return pattern;
}

void read_byte_level_step(const JsonPart& step, ByteLevelBpe::Options& out) {
  if (step.type() != "ByteLevel") throw step.error("ByteLevel");
  step.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
  out.add_prefix_space = step["add_prefix_space"].flag(true);
  if (step["use_regex"].flag(true)) out.resplit = &gpt2_pattern();
}

void read_pre_tokenizer(const JsonPart& part, ByteLevelBpe::Options& out) {
  if (part.type() != "Sequence") {
    read_byte_level_step(part, out);
    return;
  }
  part.allow_only({"type", "pretokenizers"});
  const auto steps = part["pretokenizers"].elements();
  if (steps.size() != 2) throw part["pretokenizers"].error("Split, ByteLevel");
  out.split = read_split(steps[0]);
  read_byte_level_step(steps[1], out);
}

}  // namespace

std::unique_ptr<const Pipeline> read_byte_level(const JsonPart& file,
                                                const Vocabulary& vocabulary) {
  ByteLevelBpe::Options options;
  options.nfc = read_nfc(file["normalizer"]);
  read_pre_tokenizer(file["pre_tokenizer"], options);
  if (file["decoder"].type() != "ByteLevel") throw file["decoder"].error("ByteLevel");
  BpeModel model = read_bpe_model(file["model"], vocabulary);
  options.ignore_merges = model.ignore_merges;
  options.merges = std::move(model.merges);
  options.byte_ids = read_byte_ids(file["model"], vocabulary, [](unsigned byte) {
    return to_utf8(byte_to_char(static_cast<std::uint8_t>(byte)));
  });
  return std::make_unique<ByteLevelBpe>(vocabulary, std::move(options));
}

}  // namespace pagequest::model::tokenizer
