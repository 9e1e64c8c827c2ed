// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/operation.h"

#include <array>
#include <cstddef>

namespace pagequest {

std::string_view to_string(OperationKind kind) {
  constexpr std::array<std::string_view, kOperationKinds> kNames = {
      "embed",    "norm",       "query_key_value",
      "store_kv", "attention",  "attention_output",
      "gate_up",  "activation", "down",
      "route",    "experts",    "logits",
      "sample",   "copy_pages", "upload",
      "download"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(Phase phase) {
  constexpr std::array<std::string_view, 3> kNames = {"prefill", "decode", "mixed"};
  return kNames.at(static_cast<std::size_t>(phase));
}

}  // namespace pagequest
