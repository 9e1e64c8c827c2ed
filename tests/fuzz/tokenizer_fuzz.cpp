// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as a tokenizer.json: an input_error, or a tokenizer that encodes and decodes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/model/tokenizer.h"

namespace {

using pagequest::Error;
using pagequest::ErrorKind;
using pagequest::model::StreamDecoder;
using pagequest::model::Tokenizer;

constexpr std::int32_t kVocabulary = 4096;
constexpr std::string_view kText =
    "Hello  World's 1234 <s>red</s>\n\n\tcaf\xC3\xA9 e\xCC\x81 \xE4\xBD\xA0 \xF0\x9F\x98\x80 "
    "\xFF\xC3(";

void use(const Tokenizer& tokenizer) {
  try {
    const auto ids = tokenizer.encode_with_template(kText);
    static_cast<void>(tokenizer.encode_ordinary(kText));
    static_cast<void>(tokenizer.decode(ids));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) std::abort();
  }
  std::vector<std::int32_t> all(300);
  std::iota(all.begin(), all.end(), -10);
  StreamDecoder stream(tokenizer);
  std::string text;
  for (const std::int32_t id : all) text += stream.push(id);
  if (text + stream.finish() != tokenizer.decode(all)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  try {
    use(Tokenizer::parse(json, "tokenizer.json", kVocabulary));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) std::abort();
  }
  return 0;
}
