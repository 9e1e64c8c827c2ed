// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/unit_views.h"

#include <algorithm>
#include <string>
#include <variant>

#include "base/error.h"
#include "base/event_sink.h"

namespace pagequest::kv {

UnitViews::UnitViews(std::int32_t page_size, bool track_attention)
    : track_attention_(track_attention), tokens_(page_size) {}

void UnitViews::observe(const Event& event) {
  std::visit(Overloaded{[this](const TokensFilled& filled) { on(filled); },
                        [this](const PagesAttended& attended) { on(attended); },
                        [this](const TokensEvicted& evicted) { tokens_.evict(evicted.span); },
                        [this](const ToolResponded& tool) {
                          if (tool.cursor >= 0) messages_[tool.cursor] = {tool.call, tool.response};
                        },
                        [](const auto&) {}},
             event);
}

void UnitViews::on(const TokensFilled& filled) {
  if (filled.first != tokens_.next_position()) {
    throw input_error({.what = "tokens are not contiguous",
                       .where = "episode " + std::to_string(filled.episode.value) + ", main step " +
                                std::to_string(filled.step),
                       .found = "position " + std::to_string(filled.first),
                       .expected = "position " + std::to_string(tokens_.next_position()),
                       .hint = {}});
  }
  const auto count = static_cast<std::int32_t>(filled.tokens.size());
  tokens_.fill({.first = filled.first, .count = count});
  last_attended_step_.resize(static_cast<std::size_t>(tokens_.pages()), filled.step);
  for (std::int32_t page = filled.first / tokens_.page_size(); page < tokens_.pages(); ++page) {
    last_attended_step_[static_cast<std::size_t>(page)] = filled.step;
  }
}

void UnitViews::on(const PagesAttended& attended) {
  if (!track_attention_) return;
  const std::size_t pages = attended.pages.size();
  for (std::size_t i = 0; i < pages; ++i) {
    float largest = 0.0F;
    for (std::size_t at = i; at < attended.mean.size(); at += pages) {
      largest = std::max(largest, attended.mean[at]);
    }
    const auto page = static_cast<std::size_t>(attended.pages[i]);
    if (largest >= kAttendedMass && page < last_attended_step_.size()) {
      last_attended_step_[page] = attended.step;
    }
  }
}

std::vector<UnitView> UnitViews::pages() const {
  std::vector<UnitView> views;
  for (std::int32_t page = 0; page + 1 < tokens_.pages(); ++page) {
    const std::int32_t live = tokens_.in_page(page);
    if (live == 0) continue;
    views.push_back({.id = page,
                     .span = tokens_.span_of_page(page),
                     .live_tokens = live,
                     .last_attended_step = last_attended_step_[static_cast<std::size_t>(page)]});
  }
  return views;
}

std::vector<UnitView> UnitViews::messages() const {
  std::vector<UnitView> views;
  for (const auto& [cursor, message] : messages_) {
    const std::int32_t live = tokens_.in(message.response);
    if (live == 0 || is_arriving(cursor)) continue;
    views.push_back({.id = cursor,
                     .span = message.response,
                     .live_tokens = live,
                     .last_attended_step = last_attended(message.response)});
  }
  return views;
}

bool UnitViews::is_arriving(std::int32_t cursor) const {
  const auto message = messages_.find(cursor);
  return message != messages_.end() && message->second.response.end() > tokens_.next_position();
}

TokenSpan UnitViews::call_of(std::int32_t cursor) const { return messages_.at(cursor).call; }

std::int32_t UnitViews::last_attended(TokenSpan span) const {
  const auto first = last_attended_step_.begin() + span.first / tokens_.page_size();
  const auto last = last_attended_step_.begin() + (span.end() - 1) / tokens_.page_size();
  return *std::max_element(first, last + 1);
}

}  // namespace pagequest::kv
