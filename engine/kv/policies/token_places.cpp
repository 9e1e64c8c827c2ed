// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/token_places.h"

#include <algorithm>
#include <variant>

namespace pagequest::kv {

void TokenPlaces::observe(const Event& event) {
  if (const auto* filled = std::get_if<TokensFilled>(&event)) fill(*filled);
  if (const auto* responded = std::get_if<ToolResponded>(&event)) {
    // Before the response is filled, and before the call's last token is.
    announce(responded->call, Place::call);
    announce(responded->response, Place::response);
  }
}

void TokenPlaces::fill(const TokensFilled& filled) {
  const bool decodes = filled.kind == StepKind::decode;
  prompt_.observe(filled);
  filled_ = filled.first + static_cast<std::int32_t>(filled.tokens.size());
  const Place behind_prompt = decodes ? Place::thought : Place::other;
  const Place place = prompt_.is_decoding() ? behind_prompt : Place::prompt;
  const auto end = static_cast<std::size_t>(filled_);
  if (places_.size() < end) places_.resize(end, place);
}

void TokenPlaces::announce(TokenSpan span, Place place) {
  const auto end = static_cast<std::size_t>(span.end());
  // What lies between the filled tokens and the response is the format's.
  if (places_.size() < end) places_.resize(end, Place::other);
  std::fill(places_.begin() + span.first, places_.begin() + span.end(), place);
}

}  // namespace pagequest::kv
