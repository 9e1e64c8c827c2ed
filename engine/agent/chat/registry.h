// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/agent/chat/format.h"
#include "engine/agent/chat/settings.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// The names that make_format() takes, sorted; `auto` is one of them.
[[nodiscard]] std::span<const std::string_view> format_names();

/// The format that a tokenizer's tokens tell: harmony by `<|channel|>`, llama3 by
/// `<|start_header_id|>`, chatml by `<|im_start|>`, otherwise plain.
[[nodiscard]] std::string_view detect_format(const model::Tokenizer& tokenizer);

/// `name` may be `auto`. `stops` are the config's end-of-sequence ids. Throws usage_error on an
/// unknown name or setting, input_error when the tokenizer lacks a token of the format. `tokenizer`
/// must outlive the format.
[[nodiscard]] std::unique_ptr<Format> make_format(std::string_view name,
                                                  const model::Tokenizer& tokenizer,
                                                  const Settings& settings,
                                                  std::span<const std::int32_t> stops);

}  // namespace pagequest::agent::chat
