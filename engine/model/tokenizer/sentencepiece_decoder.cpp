// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/sentencepiece_decoder.h"

#include <charconv>

#include "engine/model/unicode.h"

namespace pagequest::model::tokenizer {
namespace {

std::string unescape_spaces(std::string_view content, std::string_view space) {
  std::string out;
  out.reserve(content.size());
  while (!content.empty()) {
    const bool escaped = content.starts_with(kMetaspace);
    out += escaped ? space : content.substr(0, 1);
    content.remove_prefix(escaped ? kMetaspace.size() : 1);
  }
  return out;
}

}  // namespace

std::optional<char> byte_of_token(std::string_view content) {
  const bool shaped = content.size() == 6 && content.starts_with("<0x") && content.back() == '>';
  if (!shaped) return std::nullopt;
  unsigned byte = 0;
  const char* const end = content.data() + 5;
  const auto parsed = std::from_chars(content.data() + 3, end, byte, 16);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return static_cast<char>(byte);
}

std::string token_of_byte(unsigned byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + '>';
}

std::string SentencePieceDecoder::push(std::int32_t id) {
  const std::string* content = vocabulary_.decoded(id);
  if (content == nullptr) return {};
  const bool first = first_;
  first_ = false;
  if (options_.byte_fallback) {
    if (const auto byte = byte_of_token(*content)) {
      bytes_ += *byte;
      return {};
    }
  }
  const std::string_view space = first && options_.drop_first_spaces ? "" : " ";
  return stripped(take_bytes() + unescape_spaces(*content, space));
}

std::string SentencePieceDecoder::finish() {
  std::string text = stripped(take_bytes());
  to_strip_ = options_.strip_spaces;
  first_ = true;
  return text;
}

std::string SentencePieceDecoder::take_bytes() {
  std::string text;
  if (is_utf8(bytes_)) {
    text = bytes_;
  } else {
    for (std::size_t count = bytes_.size(); count > 0; --count) text += to_utf8(0xFFFD);
  }
  bytes_.clear();
  return text;
}

std::string SentencePieceDecoder::stripped(std::string text) {
  while (to_strip_ > 0 && text.starts_with(' ')) {
    text.erase(0, 1);
    --to_strip_;
  }
  if (!text.empty()) to_strip_ = 0;
  return text;
}

}  // namespace pagequest::model::tokenizer
