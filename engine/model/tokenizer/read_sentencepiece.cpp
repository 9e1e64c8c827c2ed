// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_sentencepiece.h"

#include "engine/model/tokenizer/read_bpe_model.h"
#include "engine/model/tokenizer/read_sentencepiece_decoder.h"
#include "engine/model/tokenizer/sentencepiece_bpe.h"

namespace pagequest::model::tokenizer {
namespace {

using Options = SentencePieceBpe::Options;

void require_text(const JsonPart& part, std::string_view expected) {
  if (part.text() != expected) throw part.error("`" + std::string(expected) + "`");
}

void read_normalizer_step(const JsonPart& step, Options& out) {
  if (step.type() == "Prepend" && !out.prefix_in_normalizer && !out.escape_in_normalizer) {
    step.allow_only({"type", "prepend"});
    require_text(step["prepend"], kMetaspace);
    out.prefix_in_normalizer = true;
  } else if (step.type() == "Replace" && !out.escape_in_normalizer) {
    step.allow_only({"type", "pattern", "content"});
    require_text(step["pattern"]["String"], " ");
    require_text(step["content"], kMetaspace);
    out.escape_in_normalizer = true;
  } else {
    throw step.error("Prepend, then Replace", "the model is BPE without ByteLevel");
  }
}

void read_normalizer(const JsonPart& part, Options& out) {
  if (part.is_null()) return;
  if (part.type() != "Sequence") {
    read_normalizer_step(part, out);
    return;
  }
  part.allow_only({"type", "normalizers"});
  for (const JsonPart& step : part["normalizers"].elements()) read_normalizer_step(step, out);
}

/// Older files have add_prefix_space instead of prepend_scheme.
SentencePieceBpe::Prefix read_prefix(const JsonPart& metaspace) {
  using Prefix = SentencePieceBpe::Prefix;
  const JsonPart scheme = metaspace["prepend_scheme"];
  const bool add = metaspace["add_prefix_space"].flag(true);
  const std::string name = scheme.optional_text().value_or(add ? "always" : "never");
  if (name == "never") return Prefix::never;
  if (!add) throw scheme.error("never", "add_prefix_space is false");
  if (name == "always") return Prefix::always;
  if (name == "first") return Prefix::first;
  throw scheme.error("always, first or never");
}

void read_pre_tokenizer(const JsonPart& part, Options& out) {
  if (part.is_null()) return;
  if (part.type() != "Metaspace") throw part.error("Metaspace, ByteLevel, Sequence or null");
  part.allow_only(
      {"type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"});
  require_text(part["replacement"], kMetaspace);
  out.escape_in_pre_tokenizer = true;
  out.prefix = read_prefix(part);
  out.split = part["split"].flag(true);
}

void read_model(const JsonPart& part, const Vocabulary& vocabulary, Options& out) {
  BpeModel model = read_bpe_model(part, vocabulary);
  out.merges = std::move(model.merges);
  out.fuse_unknown = model.fuse_unknown;
  out.byte_fallback = model.byte_fallback;
  out.ignore_merges = model.ignore_merges;
  out.unknown = model.unknown.value_or(-1);
  if (model.byte_fallback) out.byte_ids = read_byte_ids(part, vocabulary, token_of_byte);
  if (!model.byte_fallback && !model.unknown) {
    throw part["unk_token"].error("a token for unknown characters",
                                  "without it and byte_fallback text would be lost");
  }
}

}  // namespace

std::unique_ptr<const Pipeline> read_sentencepiece(const JsonPart& file,
                                                   const Vocabulary& vocabulary) {
  Options options;
  read_pre_tokenizer(file["pre_tokenizer"], options);
  read_normalizer(file["normalizer"], options);
  if (options.escape_in_pre_tokenizer && !file["normalizer"].is_null()) {
    throw file["normalizer"].error("null", "the pre-tokenizer is Metaspace");
  }
  options.decoder = read_sentencepiece_decoder(file["decoder"]);
  read_model(file["model"], vocabulary, options);
  return std::make_unique<SentencePieceBpe>(vocabulary, std::move(options));
}

}  // namespace pagequest::model::tokenizer
