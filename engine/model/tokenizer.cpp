// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer.h"

#include <nlohmann/json.hpp>

#include "engine/model/json_file.h"
#include "engine/model/tokenizer/parts.h"
#include "engine/model/tokenizer/read_tokenizer.h"

namespace pagequest::model {
namespace {

using tokenizer::Ids;
using tokenizer::Parts;
using tokenizer::Section;

/// Ids of a raw stretch between added tokens, where tokens marked `normalized` are still text.
void encode_stretch(const Parts& parts, std::string_view raw, bool first, bool keep_special,
                    Ids& out) {
  const std::string text = parts.pipeline->normalize(raw);
  for (const Section& section : parts.normalized_added.split(text, keep_special)) {
    if (section.id >= 0) {
      out.push_back(section.id);
    } else {
      const bool at_start = first && section.text.data() == text.data();
      parts.pipeline->encode(section.text, at_start, out);
    }
  }
}

Ids encode_sections(const Parts& parts, std::string_view input, bool keep_special) {
  const std::string text = parts.pipeline->clean(input);
  Ids out;
  for (const Section& section : parts.raw_added.split(text, keep_special)) {
    if (section.id >= 0) {
      out.push_back(section.id);
    } else {
      const bool first = section.text.data() == text.data();
      encode_stretch(parts, section.text, first, keep_special, out);
    }
  }
  return out;
}

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

Tokenizer Tokenizer::load(const std::filesystem::path& folder, std::int32_t vocabulary) {
  const std::filesystem::path path = folder / "tokenizer.json";
  return Tokenizer(tokenizer::read_tokenizer(read_json_file(path), path, vocabulary));
}

Tokenizer Tokenizer::parse(std::string_view json, const std::filesystem::path& where,
                           std::int32_t vocabulary) {
  return Tokenizer(tokenizer::read_tokenizer(parse_json_object(json, where), where, vocabulary));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  return encode_sections(*parts_, text, /*keep_special=*/false);
}

std::vector<std::int32_t> Tokenizer::encode_ordinary(std::string_view text) const {
  return encode_sections(*parts_, text, /*keep_special=*/true);
}

std::vector<std::int32_t> Tokenizer::encode_with_template(std::string_view text) const {
  const tokenizer::Template& around = parts_->around;
  Ids out = around.prefix;
  const Ids middle = encode(text);
  out.insert(out.end(), middle.begin(), middle.end());
  out.insert(out.end(), around.suffix.begin(), around.suffix.end());
  return out;
}

const std::vector<std::int32_t>& Tokenizer::bos_prefix() const { return parts_->around.prefix; }

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  const auto decoder = parts_->pipeline->decoder();
  std::string out;
  for (const std::int32_t id : ids) out += decoder->push(id);
  return out + decoder->finish();
}

std::optional<std::int32_t> Tokenizer::token_id(std::string_view exact_content) const {
  return parts_->vocabulary.find(exact_content);
}

bool Tokenizer::is_special(std::int32_t id) const { return parts_->vocabulary.is_special(id); }

std::string_view Tokenizer::kind() const { return parts_->pipeline->kind(); }

std::int32_t Tokenizer::size() const { return parts_->vocabulary.size(); }

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer)
    : parts_(tokenizer.parts_), decoder_(parts_->pipeline->decoder()) {}

StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&& other) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&& other) noexcept = default;

std::string StreamDecoder::push(std::int32_t id) { return decoder_->push(id); }

std::string StreamDecoder::finish() { return decoder_->finish(); }

}  // namespace pagequest::model
