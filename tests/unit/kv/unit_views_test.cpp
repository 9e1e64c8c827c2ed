// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/unit_views.h"

#include <catch2/catch.hpp>

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
  CHECK(pages[0].last_attended_step == 0);
  CHECK(pages[1].last_attended_step == 1);
  CHECK(pages[2].last_attended_step == 1);
}

TEST_CASE("without attention the last attended step is the fill step") {
  UnitViews views(4, false);
  fill(views, 0, 0, 6, StepKind::prefill);
  fill(views, 1, 6, 3);
  attend(views, 2, {0, 1, 2}, {0.5F, 0.4F, 0.1F});
  const auto pages = pages_of(views);
  REQUIRE(pages.size() == 2);
  CHECK(pages[0].last_attended_step == 0);
  CHECK(pages[1].last_attended_step == 1);
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
