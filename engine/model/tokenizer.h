// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::model {

namespace tokenizer {
struct Parts;
class TextDecoder;
}  // namespace tokenizer

/// Text to token ids and back as a Hugging Face tokenizer.json describes it, equal to the
/// `tokenizers` library token for token. A cheap handle: copies share the vocabulary.
///
/// The pipelines (see kind()):
///   word-level          WordLevel with WhitespaceSplit
///   byte-level-bpe      BPE over bytes with a known split pattern (GPT-2, Llama 3, Qwen, o200k)
///   sentencepiece-bpe   BPE over characters, U+2581 for spaces, bytes as the fallback (Llama 2)
///
/// BPE pipelines replace invalid UTF-8 in a text by U+FFFD, one for each maximal subpart (The
/// Unicode Standard, section 3.9), before anything else; the word-level pipeline keeps the bytes.
class Tokenizer {
 public:
  /// Reads `folder`/tokenizer.json. Throws input_error when it is missing or malformed, when a part
  /// or an option of the pipeline is not supported (named), or when an id is not below
  /// `vocabulary`. As in Transformers, the file's truncation and padding have no effect.
  static Tokenizer load(const std::filesystem::path& folder, std::int32_t vocabulary);

  /// As load(), from the file's content; `where` names it in messages.
  static Tokenizer parse(std::string_view json, const std::filesystem::path& where,
                         std::int32_t vocabulary);

  /// Ids of a text, without what the post-processor adds; added tokens in the text become their
  /// ids. Word-level: a word that the vocabulary lacks becomes the unknown token; without one,
  /// throws input_error.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;

  /// As encode(), but special tokens in the text are plain text, so that a user's text cannot
  /// inject control tokens. Added tokens that are not special still become their ids.
  [[nodiscard]] std::vector<std::int32_t> encode_ordinary(std::string_view text) const;

  /// As encode(), with what the post-processor's template puts around a single text.
  [[nodiscard]] std::vector<std::int32_t> encode_with_template(std::string_view text) const;

  /// Ids that the post-processor's template puts before a text; empty without a template.
  [[nodiscard]] const std::vector<std::int32_t>& bos_prefix() const;

  /// The text of all ids, special tokens included, nothing cleaned up. Bytes that form no UTF-8
  /// become U+FFFD. An id without a token is skipped; the word-level pipeline, which joins words by
  /// single spaces, writes it as `<id>`.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const;

  /// Id of the token spelled exactly so in the file (byte-level: in the byte alphabet).
  [[nodiscard]] std::optional<std::int32_t> token_id(std::string_view exact_content) const;

  /// Whether the file marks the token as special; false for an id without a token.
  [[nodiscard]] bool is_special(std::int32_t id) const;

  /// Name of the pipeline, one of the above.
  [[nodiscard]] std::string_view kind() const;

  /// Number of tokens, the added tokens included.
  [[nodiscard]] std::int32_t size() const;

 private:
  friend class StreamDecoder;
  explicit Tokenizer(std::shared_ptr<const tokenizer::Parts> parts);

  std::shared_ptr<const tokenizer::Parts> parts_;
};

/// Decodes ids as they come: each piece is complete UTF-8, bytes of an unfinished character are
/// held back. The pieces and the last one of finish() concatenate to decode() of all ids.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer);
  ~StreamDecoder();
  StreamDecoder(StreamDecoder&& other) noexcept;
  StreamDecoder& operator=(StreamDecoder&& other) noexcept;

  /// Text that `id` completes; often empty within a character of several tokens. SentencePiece: a
  /// run of byte tokens is text only when the whole run is UTF-8, so it is held until it ends.
  [[nodiscard]] std::string push(std::int32_t id);

  /// What is still held, as text; the decoder then starts anew.
  [[nodiscard]] std::string finish();

 private:
  std::shared_ptr<const tokenizer::Parts> parts_;
  std::unique_ptr<tokenizer::TextDecoder> decoder_;
};

}  // namespace pagequest::model
