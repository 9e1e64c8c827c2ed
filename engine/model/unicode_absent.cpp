// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What of unicode.h needs tables, in a build without ICU. Word-level tokenizers never ask for it.
#include "base/error.h"
#include "engine/model/unicode.h"

namespace pagequest::model {
namespace {

[[noreturn]] void throw_absent() {
  throw usage_error({.what = "this tokenizer needs Unicode's tables",
                     .where = "the minimal build (PQ_MINIMAL)",
                     .found = {},
                     .expected = "a word-level tokenizer, or token ids",
                     .hint = "use the full build for tokenizers that split or normalise text"});
}

}  // namespace

CharKind char_kind(char32_t /*code_point*/) { throw_absent(); }

std::string nfc(std::string_view /*text*/) { throw_absent(); }

}  // namespace pagequest::model
