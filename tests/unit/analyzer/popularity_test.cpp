// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "analyzer/page_popularity.h"
#include "tests/unit/analyzer/mini_trace.h"

namespace pagequest::analyzer {
namespace {

using Pages = std::vector<std::int32_t>;

TEST_CASE("the top fifth of five pages is the most accessed page") {
  PagePopularity popularity;
  const Pages all = {1, 2, 3, 4, 5};
  for (const Pages& accessed : {Pages{1, 4}, Pages{4}, Pages{4, 5}, Pages{2, 4}, Pages{4}}) {
    popularity.step(all, accessed);
  }
  REQUIRE(popularity.accesses() == 8);
  const std::vector<double> fifths = {0.2, 0.4, 0.6, 0.8, 1.0};
  const auto shares = popularity.access_shares(fifths);
  CHECK(shares == std::vector<double>{5.0 / 8, 6.0 / 8, 7.0 / 8, 1.0, 1.0});
  for (std::size_t i = 0; i < fifths.size(); ++i) {
    CHECK(popularity.even_shares(fifths)[i] == Approx(fifths[i]));
  }
}

TEST_CASE("evenly spread accesses favour the pages that are at hand longer") {
  PagePopularity popularity;
  popularity.step(Pages{1}, Pages{1});
  popularity.step(Pages{1, 2}, Pages{2});
  const std::vector<double> half = {0.5};
  CHECK(popularity.access_shares(half)[0] == Approx(0.5));
  CHECK(popularity.even_shares(half)[0] == Approx(0.75));  // page 1: 1 + 1/2 of 2 accesses
}

TEST_CASE("popularity is measured within an episode and averaged over episodes") {
  const auto analysis =
      testing::make_analysis("page-popularity", {{"thresholds", "0.2"}, {"top", "0.5"}});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);  // pages 1 and 2 at hand; page 1 gets all
  trace.decode(12, {0.5F, 0.4F, 0.0F, 0.1F});
  trace.decode(13, {0.5F, 0.4F, 0.0F, 0.1F});
  trace.end();
  trace.begin(1);  // each gets one
  trace.decode(12, {0.5F, 0.0F, 0.4F, 0.1F});
  trace.decode(13, {0.5F, 0.4F, 0.0F, 0.1F});
  trace.end();
  const auto tables = analysis->results();
  const auto& summary = testing::table(tables, "page_popularity");
  REQUIRE(summary.rows().size() == 1);
  CHECK(summary.number(0, "accesses") == 4);
  CHECK(summary.number(0, "access_share") == Approx((1.0 + 0.5) / 2));
  CHECK(summary.number(0, "evenly_spread") == Approx(0.5));
  const auto& by_head = testing::table(tables, "page_popularity_by_head");
  CHECK(by_head.number(0, "access_share") == Approx(0.75));
  const auto& curve = testing::table(tables, "page_popularity_curve");
  REQUIRE(curve.rows().size() == 20);
  CHECK(curve.number(19, "access_share") == Approx(1.0));
}

TEST_CASE("without accesses there is nothing to say about popularity") {
  const auto analysis = testing::make_analysis("page-popularity", {{"thresholds", "0.9"}});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  trace.decode(12, {0.5F, 0.4F, 0.0F, 0.1F});
  trace.end();
  CHECK(testing::table(analysis->results(), "page_popularity").rows().empty());
}

}  // namespace
}  // namespace pagequest::analyzer
