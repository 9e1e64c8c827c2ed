// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/model/tokenizer/json_part.h"
#include "engine/model/tokenizer/merges.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// The part `model` of a tokenizer.json with BPE.
struct BpeModel {
  Merges merges;
  std::optional<std::int32_t> unknown;
  bool fuse_unknown = false;
  bool byte_fallback = false;
  bool ignore_merges = false;
};

/// Throws input_error on an option that is not supported, on a merge that names a token which the
/// vocabulary lacks, and on an unk_token which it lacks.
[[nodiscard]] BpeModel read_bpe_model(const JsonPart& model, const Vocabulary& vocabulary);

/// The tokens of all bytes by `spelling`. Throws input_error about `model` when one is missing.
[[nodiscard]] std::array<std::int32_t, 256> read_byte_ids(const JsonPart& model,
                                                          const Vocabulary& vocabulary,
                                                          std::string (*spelling)(unsigned byte));

}  // namespace pagequest::model::tokenizer
