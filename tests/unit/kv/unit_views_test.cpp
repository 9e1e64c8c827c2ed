// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/unit_views.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "engine/kv/policies/scope_attention.h"
#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::UnitViews;

TEST_CASE("a page was attended last when its largest mean mass reached one percent") {
  UnitViews views(4, true);
  fill(views, 0, 0, 12, StepKind::prefill);
  attend(views, 0, {0, 1, 2}, {0.5F, 0.4F, 0.1F});
  fill(views, 1, 12, 1);
  attend(views, 1, {0, 1, 2, 3}, {0.0099F, 0.0101F, 0.3F, 0.68F});
  const auto pages = pages_of(views);
  REQUIRE(pages.size() == 3);
  CHECK(views.attended().last(pages[0].span) == 0);
  CHECK(views.attended().last(pages[1].span) == 1);
  CHECK(views.attended().last(pages[2].span) == 1);
}

TEST_CASE("without attention the last attended step is the fill step") {
  UnitViews views(4, false);
  fill(views, 0, 0, 6, StepKind::prefill);
  fill(views, 1, 6, 3);
  attend(views, 2, {0, 1, 2}, {0.5F, 0.4F, 0.1F});
  const auto pages = pages_of(views);
  REQUIRE(pages.size() == 2);
  CHECK(views.attended().last(pages[0].span) == 0);
  CHECK(views.attended().last(pages[1].span) == 1);
}

TEST_CASE("the page of the newest token is no candidate, full or not") {
  UnitViews views(4, false);
  fill(views, 0, 0, 8, StepKind::prefill);
  CHECK(pages_of(views).size() == 1);
  fill(views, 1, 8, 1);
  CHECK(pages_of(views).size() == 2);
}

TEST_CASE("a page counts its live tokens and disappears with the last one") {
  UnitViews views(4, false);
  fill(views, 0, 0, 12, StepKind::prefill);
  evicted(views, {2, 3});
  REQUIRE(pages_of(views).size() == 2);
  CHECK(pages_of(views)[0].live_tokens == 2);
  CHECK(pages_of(views)[1].live_tokens == 3);
  evicted(views, {0, 2});
  CHECK(pages_of(views).size() == 1);
}

TEST_CASE("responses are candidates by cursor once they are whole; errors never are") {
  UnitViews views(4, false);
  fill(views, 0, 0, 4, StepKind::prefill);
  respond(views, 0, {2, 2}, {4, 6});
  CHECK(messages_of(views).empty());
  CHECK(views.is_arriving(0));
  fill(views, 1, 4, 6, StepKind::prefill);
  respond(views, -1, {10, 0}, {10, 3});
  fill(views, 2, 10, 3, StepKind::prefill);
  REQUIRE(messages_of(views).size() == 1);
  CHECK(messages_of(views)[0].id == 0);
  CHECK(messages_of(views)[0].live_tokens == 6);
  CHECK(views.call_of(0) == TokenSpan{2, 2});
}

TEST_CASE("the average over heads has the bits of what a policy computes itself") {
  const kv::KvShape shape{.layers = 2, .kv_heads = 3};
  kv::ScopeAttention attention(kv::Sharing::all, kv::GroupMass::mean);
  UnitViews views(4, true, kv::Sharing::all, shape, true);
  fill(views, 0, 0, 10);
  Rng rng(8);
  std::vector<float> masses(18);
  for (float& mass : masses) mass = static_cast<float>(rng.uniform());
  const std::vector<std::int32_t> pages{0, 1, 2};
  PagesAttended event = attended(0, shape, pages, masses);
  views.observe(event);
  CHECK(std::ranges::equal(views.average(), attention.row(event, 0)));
  // A layer that does not see all pages: who averages must know which.
  const std::vector<std::int32_t> first_page{0, 1};
  event.first_page = first_page;
  views.observe(event);
  CHECK(views.average().empty());
}
