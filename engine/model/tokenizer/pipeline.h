// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::model::tokenizer {

using Ids = std::vector<std::int32_t>;

/// Text of ids that come one by one. A decoder must not outlive its pipeline.
class TextDecoder {
 public:
  virtual ~TextDecoder() = default;
  /// Text that is certain once `id` is known.
  virtual std::string push(std::int32_t id) = 0;
  /// Text of what was held back; the decoder is then as new.
  virtual std::string finish() = 0;
};

/// What a tokenizer does with the text between added tokens, and how ids become text again.
class Pipeline {
 public:
  virtual ~Pipeline() = default;
  [[nodiscard]] virtual std::string_view kind() const = 0;

  /// The text as it enters the pipeline: invalid UTF-8 replaced where the model needs characters.
  [[nodiscard]] virtual std::string clean(std::string_view text) const = 0;

  /// The normalizer. Added tokens marked `normalized` are looked for in its result.
  [[nodiscard]] virtual std::string normalize(std::string_view text) const = 0;

  /// Appends the ids of a normalized text; `first` when it is the very start of the input.
  virtual void encode(std::string_view text, bool first, Ids& out) const = 0;

  [[nodiscard]] virtual std::unique_ptr<TextDecoder> decoder() const = 0;
};

}  // namespace pagequest::model::tokenizer
