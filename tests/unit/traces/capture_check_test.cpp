// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/traces/broken_streams.h"

// Every case plants one violation in what a step has beside mean and maximum masses.

using namespace pagequest;
using namespace pagequest::testing;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// A valid stream in which one number of a late step, whose second layer does not see all pages, is
/// changed; `member` names its span and `index` the number.
template <class T>
Stream with_number(std::span<const T> PagesAttended::*member, std::size_t index,
                   const std::function<T(T)>& change) {
  std::vector<T> values;
  const auto edit = [&](PagesAttended& e) {
    values.assign((e.*member).begin(), (e.*member).end());
    values.at(index) = change(values.at(index));
    e.*member = values;
  };
  const auto late = [](const PagesAttended& e) {
    return e.thread == Thread::main && e.step > 30 && e.first_page[1] > 1;
  };
  return changed<PagesAttended>(0, edit, late);
}

template <class T>
std::function<T(T)> to(T value) {
  return [value](T /*was*/) { return value; };
}

std::function<float(float)> plus(float by) {
  return [by](float was) { return was + by; };
}

Stream with_bounds(std::size_t index, float lowest) {
  std::vector<float> values;
  return changed<KeysBounded>(2, [&](KeysBounded& e) {
    values.assign(e.lowest.begin(), e.lowest.end());
    values.at(index) = lowest;
    e.lowest = values;
  });
}

}  // namespace

TEST_CASE("a row that doesn't sum to 1 with the sinks' share breaks `mass-sum`") {
  CHECK(breaks(with_number(&PagesAttended::sink_share, 3, plus(3e-4F)), "mass-sum"));
  CHECK(breaks(with_number(&PagesAttended::sink_share, 3, to(kNaN)), "mass-sum"));
  CHECK_FALSE(breaks(with_number(&PagesAttended::sink_share, 3, plus(1e-5F)), "mass-sum"));
  CHECK(breaks(changed<PagesAttended>(4, [](auto& e) { e.sink_share = {}; }), "mass-sum"));
  CHECK(breaks(changed<PagesAttended>(4, [](auto& e) { e.sink_share = e.sink_share.subspan(1); }),
               "mass-sum"));
}

TEST_CASE("mass on a page that a layer doesn't see breaks `windows`") {
  const auto late = [](const PagesAttended& e) { return e.first_page[1] > 1; };
  std::vector<float> max;
  const auto plant = [&max](PagesAttended& e) {
    max.assign(e.max.begin(), e.max.end());
    max[2 * e.pages.size()] = 1e-9F;  // second layer, first head, first page
    e.max = max;
  };
  CHECK(breaks(changed<PagesAttended>(0, plant, late), "windows"));
}

TEST_CASE("a page inside of a layer's window that is said to be unseen breaks `windows`") {
  CHECK(breaks(with_number<std::int32_t>(&PagesAttended::first_page, 0, to(1)), "windows"));
  const std::function<std::int32_t(std::int32_t)> next = [](std::int32_t was) { return was + 1; };
  CHECK(breaks(with_number(&PagesAttended::first_page, 1, next), "windows"));
  CHECK(breaks(with_number<std::int32_t>(&PagesAttended::first_page, 1, to(1000)), "windows"));
}

TEST_CASE("first pages that don't fit the header's windows break `windows`") {
  CHECK(breaks(changed<PagesAttended>(4, [](auto& e) { e.first_page = {}; }), "windows"));
  CHECK(breaks(changed<PagesAttended>(4, [](auto& e) { e.first_page = e.first_page.subspan(1); }),
               "windows"));
}

TEST_CASE("a page in the widest window that is not listed breaks `live-pages`") {
  SyntheticOptions options = kOptions;
  options.captures = {.windows = {24, 9}};
  traces::EventCollector collector;
  emit_synthetic_trace(options, collector);
  traces::EpisodeChecker checker(synthetic_header(options));
  bool planted = false;
  for (const auto& owned : collector.events) {
    Event event = owned.view();
    auto* attended = std::get_if<PagesAttended>(&event);
    if (attended != nullptr && attended->step > 30 && attended->query_rows == 1) {
      planted = true;
      attended->pages = attended->pages.subspan(1);
    }
    checker.on(event);
  }
  REQUIRE(planted);
  const auto findings = checker.take();
  CHECK(std::any_of(findings.begin(), findings.end(),
                    [](const auto& finding) { return finding.rule == "live-pages"; }));
}

TEST_CASE("masses per query head that reduce to other numbers break `query-heads`") {
  CHECK(breaks(with_number(&PagesAttended::query_head_mass, 3, plus(1e-3F)), "query-heads"));
  CHECK(breaks(with_number(&PagesAttended::query_head_mass, 3, to(kNaN)), "query-heads"));
  CHECK_FALSE(breaks(with_number(&PagesAttended::query_head_mass, 3, plus(1e-7F)), "query-heads"));
  CHECK(breaks(changed<PagesAttended>(4, [](auto& e) { e.query_head_mass = {}; }), "query-heads"));
}

TEST_CASE("a token set with a dead, unseen or weaker token breaks `token-sets`") {
  const auto set = &PagesAttended::tokens_above;
  const std::function<std::uint64_t(std::uint64_t)> beyond = [](std::uint64_t was) {
    return was | std::uint64_t{1} << kOptions.page_size;
  };
  CHECK(breaks(with_number(set, 0, beyond), "token-sets"));
  std::vector<std::uint64_t> sets;
  const auto plant = [&sets](std::size_t threshold, std::size_t layer) {
    return [&sets, threshold, layer](PagesAttended& e) {
      sets.assign(e.tokens_above.begin(), e.tokens_above.end());
      const std::size_t row = threshold * 4 + layer * 2;
      if (threshold == 1) sets[(layer * 2) * e.pages.size()] = 0;
      sets[row * e.pages.size()] = 1;
      e.tokens_above = sets;
    };
  };
  const auto unseen = [](const PagesAttended& e) { return e.first_page[1] > 1; };
  CHECK_FALSE(breaks(changed<PagesAttended>(0, plant(0, 0), unseen), "token-sets"));
  CHECK(breaks(changed<PagesAttended>(0, plant(1, 0), unseen), "token-sets"));
  CHECK(breaks(changed<PagesAttended>(0, plant(0, 1), unseen), "token-sets"));
  const std::vector<float> others{0.01F, 0.06F};
  CHECK(breaks(changed<PagesAttended>(4, [&](auto& e) { e.thresholds = others; }), "token-sets"));
}

TEST_CASE("a cosine beyond 1 or in a thread's first step breaks `query-cosine`") {
  CHECK(breaks(with_number(&PagesAttended::query_cosine, 1, to(1.01F)), "query-cosine"));
  CHECK(breaks(with_number(&PagesAttended::query_cosine, 1, to(-1.01F)), "query-cosine"));
  CHECK(breaks(with_number(&PagesAttended::query_cosine, 1, to(kNaN)), "query-cosine"));
  CHECK_FALSE(breaks(with_number(&PagesAttended::query_cosine, 1, to(-1.0F)), "query-cosine"));
  const std::vector<float> cosines(4, 0.5F);
  CHECK(breaks(changed<PagesAttended>(0, [&](auto& e) { e.query_cosine = cosines; }),
               "query-cosine"));
}

TEST_CASE("key bounds out of order, of another page or twice break `key-bounds`") {
  CHECK(breaks(with_bounds(7, 9.0F), "key-bounds"));
  CHECK(breaks(with_bounds(7, kNaN), "key-bounds"));
  CHECK_FALSE(breaks(with_bounds(7, -9.0F), "key-bounds"));
  CHECK(breaks(doubled<KeysBounded>(1), "key-bounds"));
  CHECK(breaks(changed<KeysBounded>(2, [](auto& e) { ++e.page; }), "key-bounds"));
  CHECK(breaks(changed<KeysBounded>(2, [](auto& e) { --e.step; }), "key-bounds"));
  CHECK(breaks(changed<KeysBounded>(2, [](auto& e) { e.lowest = e.lowest.subspan(1); }),
               "key-bounds"));
}
