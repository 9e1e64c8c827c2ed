// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/token_writer.h"

#include <utility>

#include "base/error.h"

namespace pagequest::agent::chat {

TokenSpan Rendered::message(std::int32_t index) const {
  TokenSpan span;
  for (const auto& part : parts) {
    if (part.message != index) continue;
    if (span.count == 0) span.first = part.tokens.first;
    span.count = part.tokens.end() - span.first;
  }
  return span;
}

TokenWriter& TokenWriter::begin(std::int32_t message, Part part) {
  flush();
  close_part();
  message_ = message;
  part_ = part;
  return *this;
}

TokenWriter& TokenWriter::token(std::string_view content) {
  flush();
  const auto id = tokenizer_.token_id(content);
  if (!id) {
    throw input_error({.what = "the model's tokenizer lacks a token of the chat format",
                       .where = "tokenizer.json",
                       .found = {},
                       .expected = "the added token `" + std::string(content) + "`",
                       .hint = "choose another format with --chat"});
  }
  out_.tokens.push_back(*id);
  return *this;
}

TokenWriter& TokenWriter::marker(std::string_view content) {
  return tokenizer_.token_id(content) ? token(content) : text(content);
}

TokenWriter& TokenWriter::text(std::string_view text) {
  pending_ += text;
  return *this;
}

Rendered TokenWriter::finish() {
  flush();
  close_part();
  return std::exchange(out_, {});
}

void TokenWriter::flush() {
  if (pending_.empty()) return;
  const auto ids = tokenizer_.encode_ordinary(pending_);
  out_.tokens.insert(out_.tokens.end(), ids.begin(), ids.end());
  pending_.clear();
}

void TokenWriter::close_part() {
  const auto end = static_cast<std::int32_t>(out_.tokens.size());
  if (end > part_begin_) {
    out_.parts.push_back({.message = message_,
                          .part = part_,
                          .tokens = {.first = part_begin_, .count = end - part_begin_}});
  }
  part_begin_ = end;
}

}  // namespace pagequest::agent::chat
