// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/scope_attention.h"

#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"

using namespace pagequest;
using kv::GroupMass;
using kv::ScopeAttention;
using kv::Sharing;

namespace {

/// Two layers of two KV heads, three pages; layer 1 does not see page 0 if it has a window.
struct Step {
  explicit Step(bool window) {
    if (window) attended.first_page = first_page;
  }
  std::vector<std::int32_t> pages{0, 1, 2};
  std::vector<float> mean{0.5F,  0.25F, 0.25F, /*head 1*/ 0.25F, 0.5F,  0.25F,
                          0.75F, 0.25F, 0.0F,  /*head 1*/ 0.5F,  0.25F, 0.25F};
  std::vector<float> max{0.75F, 0.5F,  0.25F, /*head 1*/ 0.25F, 0.5F, 0.75F,
                         1.0F,  0.25F, 0.25F, /*head 1*/ 0.5F,  0.5F, 0.25F};
  std::vector<std::int32_t> first_page{0, 1};
  PagesAttended attended{.episode = EpisodeId{0},
                         .thread = Thread::main,
                         .step = 0,
                         .query_rows = 1,
                         .layers = 2,
                         .kv_heads = 2,
                         .pages = pages,
                         .mean = mean,
                         .max = max};
};

std::vector<float> row(Sharing sharing, GroupMass group, std::int32_t scope, bool window = false) {
  const Step step(window);
  ScopeAttention attention(sharing, group);
  const auto masses = attention.row(step.attended, scope);
  return {masses.begin(), masses.end()};
}

using Row = std::vector<float>;

}  // namespace

TEST_CASE("a head's row is its own") {
  CHECK(row(Sharing::head, GroupMass::mean, 1) == Row{0.25F, 0.5F, 0.25F});
  CHECK(row(Sharing::head, GroupMass::mean, 2) == Row{0.75F, 0.25F, 0.0F});
  CHECK(row(Sharing::head, GroupMass::max, 1) == Row{0.25F, 0.5F, 0.75F});
}

TEST_CASE("a layer's row is the mean of its heads' rows") {
  CHECK(row(Sharing::layer, GroupMass::mean, 0) == Row{0.375F, 0.375F, 0.25F});
  CHECK(row(Sharing::layer, GroupMass::mean, 1) == Row{0.625F, 0.25F, 0.125F});
  // The maximum is taken within the groups only.
  CHECK(row(Sharing::layer, GroupMass::max, 0) == Row{0.5F, 0.5F, 0.5F});
}

TEST_CASE("everybody's row is the mean of all rows") {
  CHECK(row(Sharing::all, GroupMass::mean, 0) == Row{0.5F, 0.3125F, 0.1875F});
}

TEST_CASE("a page outside of a layer's window does not count there") {
  const Row all = row(Sharing::all, GroupMass::mean, 0, true);
  CHECK(all == Row{0.375F, 0.3125F, 0.1875F});  // page 0: layer 0's mean alone
  const Row layer = row(Sharing::layer, GroupMass::mean, 1, true);
  CHECK(layer[0] < 0.0F);
  CHECK(layer[1] == 0.25F);
  const Row head = row(Sharing::head, GroupMass::mean, 3, true);
  CHECK(head[0] < 0.0F);
  CHECK(head[1] == 0.25F);
}

TEST_CASE("there are as many rows as the sharing has scopes") {
  const Step step(false);
  CHECK(ScopeAttention(Sharing::all, GroupMass::mean).scopes(step.attended) == 1);
  CHECK(ScopeAttention(Sharing::layer, GroupMass::mean).scopes(step.attended) == 2);
  CHECK(ScopeAttention(Sharing::head, GroupMass::mean).scopes(step.attended) == 4);
}

TEST_CASE("an unknown reduction over the group is refused") {
  CHECK(kv::group_mass_named("max") == GroupMass::max);
  CHECK_THROWS_AS(kv::group_mass_named("sum"), Error);
}
