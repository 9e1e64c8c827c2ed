// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include <nlohmann/json_fwd.hpp>

#include "engine/model/tokenizer/parts.h"

namespace pagequest::model::tokenizer {

/// Reads the content of a tokenizer.json whose ids are below `vocabulary`; `path` is for messages.
/// Throws input_error as Tokenizer::load says.
[[nodiscard]] std::shared_ptr<const Parts> read_tokenizer(const nlohmann::json& json,
                                                          const std::filesystem::path& path,
                                                          std::int32_t vocabulary);

}  // namespace pagequest::model::tokenizer
