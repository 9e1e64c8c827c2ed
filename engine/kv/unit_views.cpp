// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/unit_views.h"

#include <algorithm>
#include <span>
#include <string>
#include <variant>

#include "base/error.h"
#include "base/event_sink.h"
#include "engine/kv/loops/loops.h"
#include "engine/kv/reused_memory.h"

namespace pagequest::kv {
UnitViews::UnitViews(std::int32_t page_size, bool track_attention, Sharing sharing,
                     const KvShape& shape)
    : track_attention_(track_attention),
      sharing_(sharing),
      shape_(shape),
      tokens_(page_size, scope_count(sharing, shape)),
      live_pages_(static_cast<std::size_t>(tokens_.scopes())) {}

void UnitViews::observe(const Event& event) {
  std::visit(Overloaded{[this](const TokensFilled& filled) { on(filled); },
                        [this](const PagesAttended& attended) { on(attended); },
                        [this](const HeadTokensEvicted& evicted) { on(evicted); },
                        [this](const TokensEvicted& evicted) { on(evicted); },
                        [this](const ToolResponded& tool) {
                          if (tool.cursor >= 0) messages_[tool.cursor] = {tool.call, tool.response};
                        },
                        [](const auto&) {}},
             event);
}

void UnitViews::on(const TokensFilled& filled) {
  const std::int32_t next = tokens_.any().next_position();
  if (filled.first != next) {
    throw input_error({.what = "tokens are not contiguous",
                       .where = "episode " + std::to_string(filled.episode.value) + ", main step " +
                                std::to_string(filled.step),
                       .found = "position " + std::to_string(filled.first),
                       .expected = "position " + std::to_string(next),
                       .hint = {}});
  }
  const auto count = static_cast<std::int32_t>(filled.tokens.size());
  tokens_.fill({.first = filled.first, .count = count});
  const std::int32_t pages = tokens_.any().pages();
  last_attended_step_.resize(static_cast<std::size_t>(pages), filled.step);
  for (std::int32_t page = next / tokens_.any().page_size(); page < pages; ++page) {
    last_attended_step_[static_cast<std::size_t>(page)] = filled.step;
    for (auto& live : live_pages_) {
      if (live.empty() || live.back() < page) live.push_back(page);
    }
  }
}

void UnitViews::on(const PagesAttended& attended) {
  if (!track_attention_) return;
  const std::size_t pages = attended.pages.size();
  if (pages == 0) return;
  assign_in_place(largest_, pages, 0.0F);
  loops().raise(attended.mean.data(), attended.mean.size() / pages, pages, largest_.data());
  for (std::size_t i = 0; i < pages; ++i) {
    const auto page = static_cast<std::size_t>(attended.pages[i]);
    if (largest_[i] >= kAttendedMass && page < last_attended_step_.size()) {
      last_attended_step_[page] = attended.step;
    }
  }
}

void UnitViews::on(const HeadTokensEvicted& evicted) {
  const std::int32_t scope =
      scope_number(sharing_, shape_, {.layer = evicted.layer, .kv_head = evicted.kv_head});
  if (scope < 0) return;
  tokens_.forget(scope, evicted.span);
  forget_empty_pages(scope, evicted.span);
}

void UnitViews::on(const TokensEvicted& evicted) {
  tokens_.forget_all(evicted.span);
  for (std::int32_t scope = 0; scope < tokens_.scopes(); ++scope) {
    forget_empty_pages(scope, evicted.span);
  }
}

void UnitViews::forget_empty_pages(std::int32_t scope, TokenSpan span) {
  auto& live = live_pages_[static_cast<std::size_t>(scope)];
  const LiveTokens& tokens = tokens_.of(scope);
  const auto first = std::ranges::lower_bound(live, span.first / tokens.page_size());
  const auto last = std::upper_bound(first, live.end(), (span.end() - 1) / tokens.page_size());
  live.erase(
      std::remove_if(first, last, [&](std::int32_t page) { return tokens.in_page(page) == 0; }),
      last);
}

void UnitViews::pages(std::int32_t scope, std::vector<UnitView>& views) const {
  const LiveTokens& tokens = tokens_.of(scope);
  std::span<const std::int32_t> live(live_pages_[static_cast<std::size_t>(scope)]);
  if (!live.empty() && live.back() + 1 >= tokens.pages()) live = live.first(live.size() - 1);
  views.resize(live.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    const std::int32_t page = live[i];
    views[i] = {.id = page,
                .span = tokens.span_of_page(page),
                .live_tokens = tokens.in_page(page),
                .last_attended_step = last_attended_step_[static_cast<std::size_t>(page)]};
  }
}

void UnitViews::messages(std::int32_t scope, std::vector<UnitView>& views) const {
  views.clear();
  for (const auto& [cursor, message] : messages_) {
    const std::int32_t live = tokens_.of(scope).in(message.response);
    if (live == 0 || is_arriving(cursor)) continue;
    views.push_back({.id = cursor,
                     .span = message.response,
                     .live_tokens = live,
                     .last_attended_step = last_attended(message.response)});
  }
}

bool UnitViews::is_arriving(std::int32_t cursor) const {
  const auto message = messages_.find(cursor);
  return message != messages_.end() &&
         message->second.response.end() > tokens_.any().next_position();
}

TokenSpan UnitViews::call_of(std::int32_t cursor) const { return messages_.at(cursor).call; }

std::int32_t UnitViews::last_attended(TokenSpan span) const {
  const auto first = last_attended_step_.begin() + span.first / tokens_.any().page_size();
  const auto last = last_attended_step_.begin() + (span.end() - 1) / tokens_.any().page_size();
  return *std::max_element(first, last + 1);
}

}  // namespace pagequest::kv
