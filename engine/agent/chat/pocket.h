// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "engine/agent/chat/format.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// The words that a pocket model's turns are cut at. A turn is decoded until `end_of_call` or
/// `end_of_answer`; the auxiliary thread gets the trigger phrase and is decoded until `end_of_aux`.
struct PocketMarkers {
  std::string_view call = "<call>";
  std::string_view end_of_call = "</call>";
  std::string_view answer = "<answer>";
  std::string_view end_of_answer = "</answer>";
  std::string_view end_of_aux = "</aux>";
};

/// The format of pocket tasks: a conversation is one message of the task's words, a call ends with
/// a word, and tools answer with their own markers. Throws input_error when the tokenizer lacks a
/// marker word. `tokenizer` must outlive the format.
[[nodiscard]] std::unique_ptr<Format> make_pocket(const model::Tokenizer& tokenizer,
                                                  const PocketMarkers& markers = {});

}  // namespace pagequest::agent::chat
