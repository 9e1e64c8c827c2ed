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
                     const KvShape& shape, bool average_heads)
    : track_attention_(track_attention),
      average_heads_(average_heads),
      sharing_(sharing),
      shape_(shape),
      tokens_(page_size, scope_count(sharing, shape)),
      pages_(static_cast<std::size_t>(tokens_.scopes())) {}

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
  const std::int32_t first_page = next / tokens_.any().page_size();
  last_attended_step_.resize(static_cast<std::size_t>(first_page));
  last_attended_step_.resize(static_cast<std::size_t>(tokens_.any().pages()), filled.step);
  for (std::int32_t scope = 0; scope < tokens_.scopes(); ++scope) extend_pages(scope, first_page);
}

void UnitViews::extend_pages(std::int32_t scope, std::int32_t first_page) {
  std::vector<UnitView>& views = pages_[static_cast<std::size_t>(scope)];
  const LiveTokens& tokens = tokens_.of(scope);
  if (!views.empty() && views.back().id == first_page) views.pop_back();
  for (std::int32_t page = first_page; page < tokens.pages(); ++page) {
    views.push_back(
        {.id = page, .span = tokens.span_of_page(page), .live_tokens = tokens.in_page(page)});
  }
}

void UnitViews::on(const PagesAttended& attended) {
  has_average_ = false;
  if (!track_attention_) return;
  const std::size_t pages = attended.pages.size();
  if (pages == 0) return;
  reduce(attended);
  found_.resize(pages);
  const std::size_t found = loops().find_from(largest_.data(), pages, kAttendedMass, found_.data());
  for (const std::uint32_t i : std::span(found_).first(found)) {
    const auto page = static_cast<std::size_t>(attended.pages[i]);
    if (page < last_attended_step_.size()) last_attended_step_[page] = attended.step;
  }
}

void UnitViews::reduce(const PagesAttended& attended) {
  const std::size_t pages = attended.pages.size();
  const std::size_t planes = attended.mean.size() / pages;
  assign_in_place(largest_, pages, 0.0F);
  if (!average_heads_ || !attended.first_page.empty()) {
    loops().raise(attended.mean.data(), planes, pages, largest_.data());
    return;
  }
  assign_in_place(sums_, pages, 0.0);
  loops().raise_and_add(attended.mean.data(), planes, pages, largest_.data(), sums_.data());
  const auto count = static_cast<double>(planes);
  average_.resize(pages);
  for (std::size_t i = 0; i < pages; ++i) average_[i] = static_cast<float>(sums_[i] / count);
  has_average_ = true;
}

void UnitViews::on(const HeadTokensEvicted& evicted) {
  const std::int32_t scope =
      scope_number(sharing_, shape_, {.layer = evicted.layer, .kv_head = evicted.kv_head});
  if (scope < 0) return;
  tokens_.forget(scope, evicted.span);
  recount_pages(scope, evicted.span);
}

void UnitViews::on(const TokensEvicted& evicted) {
  tokens_.forget_all(evicted.span);
  for (std::int32_t scope = 0; scope < tokens_.scopes(); ++scope) {
    recount_pages(scope, evicted.span);
  }
}

void UnitViews::recount_pages(std::int32_t scope, TokenSpan span) {
  std::vector<UnitView>& views = pages_[static_cast<std::size_t>(scope)];
  const LiveTokens& tokens = tokens_.of(scope);
  const std::int32_t end_page = (span.end() - 1) / tokens.page_size() + 1;
  const auto first =
      std::ranges::lower_bound(views, span.first / tokens.page_size(), {}, &UnitView::id);
  auto last = first;
  for (; last != views.end() && last->id < end_page; ++last) {
    last->live_tokens = tokens.in_page(last->id);
  }
  const auto is_empty = [](const UnitView& view) { return view.live_tokens == 0; };
  views.erase(std::remove_if(first, last, is_empty), last);
}

std::span<const UnitView> UnitViews::pages(std::int32_t scope) const {
  const std::span<const UnitView> views = pages_[static_cast<std::size_t>(scope)];
  const bool has_newest = !views.empty() && views.back().id + 1 >= tokens_.of(scope).pages();
  return has_newest ? views.first(views.size() - 1) : views;
}

void UnitViews::messages(std::int32_t scope, std::vector<UnitView>& views) const {
  views.clear();
  for (const auto& [cursor, message] : messages_) {
    const std::int32_t live = tokens_.of(scope).in(message.response);
    if (live == 0 || is_arriving(cursor)) continue;
    views.push_back({.id = cursor, .span = message.response, .live_tokens = live});
  }
}

bool UnitViews::is_arriving(std::int32_t cursor) const {
  const auto message = messages_.find(cursor);
  return message != messages_.end() &&
         message->second.response.end() > tokens_.any().next_position();
}

TokenSpan UnitViews::call_of(std::int32_t cursor) const { return messages_.at(cursor).call; }

}  // namespace pagequest::kv
