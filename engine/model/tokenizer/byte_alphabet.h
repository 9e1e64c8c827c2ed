// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// GPT-2's spelling of bytes as printable characters, in which byte-level vocabularies are written
/// (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; encoder.py): the
/// bytes 21-7E, A1-AC and AE-FF stand for themselves, the others for U+0100 on, in order.
namespace pagequest::model::tokenizer {

[[nodiscard]] char32_t byte_to_char(std::uint8_t byte);

/// Bytes of a token's content; nullopt when it has a character outside the alphabet.
[[nodiscard]] std::optional<std::string> content_to_bytes(std::string_view content);

}  // namespace pagequest::model::tokenizer
