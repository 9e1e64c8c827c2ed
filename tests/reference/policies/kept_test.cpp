// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What kvpress keeps of the same attention (kept.json, made by make_kept.py), token by token, for
// each KV head: the scorers alone, as kvpress compresses once.
#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

using Tokens = std::vector<std::int32_t>;

/// One case of the file.
struct Reference {
  std::int32_t query_heads;
  std::int32_t kv_heads;
  std::int32_t tokens;
  std::vector<std::vector<float>> attention;  // (query head, query), (visible key)
  std::map<std::string, std::vector<Tokens>> kept;

  /// (KV head, key): mean over the group's query heads of the mean over the queries [first, end).
  [[nodiscard]] std::vector<float> mean(std::int32_t first, std::int32_t end) const {
    const auto keys = static_cast<std::size_t>(end);
    std::vector<float> mean(static_cast<std::size_t>(kv_heads) * keys, 0.0F);
    const float share = 1.0F / static_cast<float>((end - first) * (query_heads / kv_heads));
    for (std::int32_t head = 0; head < query_heads; ++head) {
      const auto kv_head = static_cast<std::size_t>(head / (query_heads / kv_heads));
      for (std::int32_t query = first; query < end; ++query) {
        const auto& row = attention[static_cast<std::size_t>(head * tokens + query)];
        for (std::size_t key = 0; key < row.size(); ++key) {
          mean[kv_head * keys + key] += share * row[key];
        }
      }
    }
    return mean;
  }
};

std::vector<Reference> references() {
  std::ifstream file("tests/reference/policies/kept.json");
  const auto document = nlohmann::json::parse(file);
  std::vector<Reference> all;
  for (const auto& one : document.at("cases")) {
    all.push_back({.query_heads = document.at("query_heads"),
                   .kv_heads = document.at("kv_heads"),
                   .tokens = document.at("tokens"),
                   .attention = one.at("attention"),
                   .kept = one.at("kept")});
  }
  return all;
}

Tokens numbers_below(std::int32_t end) {
  Tokens numbers(static_cast<std::size_t>(end));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// The registered policy on pages of one token and one layer.
class Scorer {
 public:
  Scorer(const std::string& name, const std::map<std::string, std::string>& params,
         const Reference& reference, std::int32_t budget)
      : reference_(reference) {
    const PolicyEntry& entry = find_policy(name);
    policy_ = entry.make(Params(entry.name, params_of(entry), params),
                         {.page_size = 1,
                          .budget_tokens = budget,
                          .shape = {.layers = 1, .kv_heads = reference.kv_heads}});
  }

  /// The tokens [first, end) are one step.
  void fill(std::int32_t first, std::int32_t end, StepKind kind) {
    policy_->observe(TokensFilled{.episode = EpisodeId{0},
                                  .thread = Thread::main,
                                  .kind = kind,
                                  .step = step_,
                                  .iteration = step_,
                                  .first = first,
                                  .tokens = Tokens(static_cast<std::size_t>(end - first), 7)});
  }

  /// The same, with the attention of its rows from `captured` on.
  void step(std::int32_t first, std::int32_t end, std::int32_t captured, StepKind kind) {
    fill(first, end, kind);
    const auto masses = reference_.mean(captured, end);
    const auto pages = numbers_below(end);
    policy_->observe(PagesAttended{.episode = EpisodeId{0},
                                   .thread = Thread::main,
                                   .step = step_++,
                                   .query_rows = end - captured,
                                   .layers = 1,
                                   .kv_heads = reference_.kv_heads,
                                   .pages = pages,
                                   .mean = masses,
                                   .max = masses});
  }

  /// The positions below `end` with the best scores in the scope, ascending.
  [[nodiscard]] Tokens best(std::int32_t scope, std::int32_t end, std::size_t count) const {
    std::vector<UnitView> units;
    for (const std::int32_t position : numbers_below(end)) {
      units.push_back({.id = position, .span = {.first = position, .count = 1}, .live_tokens = 1});
    }
    std::vector<float> keep(units.size());
    policy_->score(scope, units, keep);
    Tokens order = numbers_below(end);
    std::ranges::stable_sort(order, std::greater<>(), [&keep](std::int32_t position) {
      return keep[static_cast<std::size_t>(position)];
    });
    order.resize(count);
    std::ranges::sort(order);
    return order;
  }

 private:
  const Reference& reference_;
  std::unique_ptr<EvictionPolicy> policy_;
  std::int32_t step_ = 0;
};

}  // namespace

TEST_CASE("h2o with mean scores keeps what kvpress's observed attention keeps") {
  for (const Reference& reference : references()) {
    Scorer scorer("h2o", {{"score", "mean"}, {"recent_share", "0"}, {"sharing", "head"}}, reference,
                  100);
    for (std::int32_t query = 0; query < reference.tokens; ++query) {
      scorer.step(query, query + 1, query, StepKind::decode);
    }
    for (std::int32_t head = 0; head < reference.kv_heads; ++head) {
      const Tokens& expected = reference.kept.at("observed")[static_cast<std::size_t>(head)];
      CHECK(scorer.best(head, reference.tokens, expected.size()) == expected);
    }
  }
}

TEST_CASE("tova keeps what kvpress keeps, which is the newest token and the same for all heads") {
  for (const Reference& reference : references()) {
    Scorer scorer("tova", {}, reference, 100);
    const std::int32_t last = reference.tokens - 1;
    scorer.step(0, last, last - 1, StepKind::prefill);
    scorer.step(last, last + 1, last, StepKind::decode);
    for (const Tokens& expected : reference.kept.at("tova")) {
      REQUIRE(expected.back() == last);
      Tokens others(expected.begin(), expected.end() - 1);
      CHECK(scorer.best(0, last, others.size()) == others);
    }
  }
}

TEST_CASE("snapkv keeps what kvpress keeps: pooled attention of the window, and the window") {
  for (const Reference& reference : references()) {
    Scorer scorer("snapkv", {{"preset", "kvpress"}, {"window", "8"}}, reference, 100);
    scorer.step(0, reference.tokens, reference.tokens - 8, StepKind::prefill);
    scorer.fill(reference.tokens, reference.tokens + 1, StepKind::decode);  // when it decides
    for (std::int32_t head = 0; head < reference.kv_heads; ++head) {
      const Tokens& expected = reference.kept.at("snapkv")[static_cast<std::size_t>(head)];
      CHECK(scorer.best(head, reference.tokens, expected.size()) == expected);
    }
  }
}

TEST_CASE("streaming keeps what kvpress keeps: four sinks and the newest tokens") {
  for (const Reference& reference : references()) {
    Scorer scorer("streaming", {}, reference, 100);
    scorer.step(0, reference.tokens, 0, StepKind::prefill);
    for (const Tokens& expected : reference.kept.at("streaming")) {
      CHECK(scorer.best(0, reference.tokens, expected.size()) == expected);
    }
  }
}

}  // namespace pagequest::kv
