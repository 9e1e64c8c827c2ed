// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Costs of operations against sizes counted by hand: 64 wide, 2 layers, 4 query and 2 KV heads of
// 16, 128 inner, 256 tokens.
#include "engine/runtime/operation_costs.h"

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "engine/model/random_model.h"

namespace pagequest::runtime {
namespace {

constexpr std::int64_t kRows = 5;

struct Fixture {
  explicit Fixture(std::vector<std::int32_t> windows = {})
      : model(model::random_model(config_with(std::move(windows)), 1, ops::WeightType::bf16)),
        groups(model.config(), KvTables::shared) {}

  static model::ModelConfig config_with(std::vector<std::int32_t> windows) {
    model::ModelConfig config = model::named_geometry("tiny");
    config.windows = std::move(windows);
    return config;
  }
  [[nodiscard]] OperationCosts costs(const ActivationStorage& storage = {}) const {
    return {model, groups, ops::KvType::bf16, storage};
  }

  model::Model model;
  KvGroups groups;
};

TEST_CASE("A product reads its weights once, and each row's inputs and outputs") {
  const Fixture fixture;
  const OperationCosts costs = fixture.costs();
  const OperationCost qkv = costs.of(OperationKind::query_key_value, 0, kRows);
  CHECK(qkv.bytes == 2 * 64 * 128 + kRows * 4 * (64 + 128));
  CHECK(qkv.flops == 2 * kRows * 64 * 128);
  const OperationCost down = costs.of(OperationKind::down, 1, kRows);
  CHECK(down.bytes == 2 * 128 * 64 + kRows * 4 * (128 + 2 * 64));
  CHECK(down.flops == 2 * kRows * 64 * 128);
  const OperationCost logits = costs.of(OperationKind::logits, -1, 2);
  CHECK(logits.bytes == 2 * 64 * 256 + 2 * 4 * (64 + 256));
  CHECK(logits.flops == 2 * 2 * 64 * 256);
}

TEST_CASE("Activations in bf16, and a fused product of gates, move less") {
  const Fixture fixture;
  const OperationCosts fused = fixture.costs({.element_bytes = 2, .fused_activation = true});
  CHECK(fused.of(OperationKind::gate_up, 0, kRows).bytes ==
        2 * 64 * 256 + kRows * (2 * 64 + 2 * 128));
  CHECK(fixture.costs().of(OperationKind::gate_up, 0, kRows).bytes ==
        2 * 64 * 256 + kRows * 4 * (64 + 256));
  CHECK(fused.of(OperationKind::norm, 0, kRows).bytes == 64 * (kRows * (4 + 2) + 4));
}

TEST_CASE("Pages that are copied and rows that move are read and written") {
  const Fixture fixture;
  const std::vector<kv::RowMove> moves{
      {.from = PageId{0}, .to = PageId{1}, .from_rows = 0b0110, .to_rows = 0b1001}};
  const std::vector<kv::PageCopy> copies(3);
  // A row: a key and a value of 16 bf16 components for 2 KV heads in 2 layers.
  CHECK(fixture.costs().of({.moves = moves, .copies = copies}, 4096).bytes ==
        2 * (3 * 4096 + 2 * (2 * 2 * 2 * 16 * 2)));
}

/// Live tokens at random places of the pages below `end`, the last `rows` positions all live.
GroupPages random_pages(std::int32_t end, std::int64_t rows, std::uint64_t seed) {
  constexpr std::int32_t kPageSize = 8;
  Rng rng(seed);
  GroupPages group;
  for (std::int32_t first = 0; first < end; first += kPageSize) {
    ops::AttendedPage page{.live = 0, .physical = first / kPageSize, .first_position = first};
    for (std::int32_t slot = 0; slot < kPageSize && first + slot < end; ++slot) {
      const bool live = first + slot >= end - rows || rng.below(3) > 0;
      page.live |= std::uint64_t{live} << slot;
    }
    if (page.live != 0) group.pages.push_back(page);
  }
  return group;
}

struct Pairs {
  std::int64_t tokens = 0;
  std::int64_t pairs = 0;
};

/// By looking at every row and every position.
Pairs count_pairs(const ForwardChunk& chunk, const GroupPages& group, std::int32_t window) {
  Pairs counted;
  for (const ops::AttendedPage& page : group.pages) {
    for (std::int32_t slot = 0; slot < 64; ++slot) {
      if ((page.live >> slot & 1) == 0) continue;
      const std::int32_t position = page.first_position + slot;
      std::int64_t rows = 0;
      for (std::int64_t row = 0; row < chunk.rows(); ++row) {
        const std::int64_t query = chunk.first_position + row;
        rows += position <= query && (window == 0 || position > query - window);
      }
      counted.tokens += rows > 0;
      counted.pairs += rows;
    }
  }
  return counted;
}

TEST_CASE("Attention reads the live tokens that some row sees, and computes each pair") {
  const Fixture fixture({12, 0});
  REQUIRE(fixture.groups.count() == 2);
  const std::vector<std::int32_t> tokens(64, 1);
  std::vector<ForwardChunk> chunks(3);
  const std::int64_t rows[] = {1, 23, 1};
  std::vector<Pairs> expected(2);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    ForwardChunk& chunk = chunks[i];
    chunk.tokens = std::span(tokens).first(static_cast<std::size_t>(rows[i]));
    chunk.first_position = static_cast<std::int32_t>(40 + 9 * i);
    const auto end = static_cast<std::int32_t>(chunk.first_position + rows[i]);
    for (std::size_t group = 0; group < 2; ++group) {
      chunk.groups.push_back(random_pages(end, rows[i], 10 * i + group));
      const Pairs pairs =
          count_pairs(chunk, chunk.groups[group], fixture.groups.groups()[group].window);
      expected[group].tokens += pairs.tokens;
      expected[group].pairs += pairs.pairs;
    }
  }
  OperationCosts costs = fixture.costs();
  costs.set_pass(chunks);
  CHECK(costs.phase() == Phase::mixed);
  for (std::int32_t layer = 0; layer < 2; ++layer) {
    const Pairs& seen = expected[static_cast<std::size_t>(fixture.groups.group_of(layer, 0))];
    const OperationCost cost = costs.of(OperationKind::attention, layer, 25);
    CHECK(cost.flops == 4 * 4 * 16 * seen.pairs);
    CHECK(cost.bytes == 2 * 2 * 2 * 16 * seen.tokens + 25 * 2 * 4 * 64);
  }
  costs.set_pass(std::span(chunks).first(1));
  CHECK(costs.phase() == Phase::decode);
  costs.set_pass(std::span(chunks).subspan(1, 1));
  CHECK(costs.phase() == Phase::prefill);
}

TEST_CASE("Experts read the matrices of those that even routing would choose") {
  model::ModelConfig config = model::named_geometry("tiny");
  config.moe = {.experts = 4, .experts_per_token = 2, .intermediate_size = 32};
  config.sparse_layers = {true, false};
  const model::Model model = model::random_model(config, 1, ops::WeightType::bf16);
  const KvGroups groups(model.config(), KvTables::shared);
  const OperationCosts costs(model, groups, ops::KvType::bf16, {});
  const std::int64_t expert = 3 * 64 * 32;  // elements
  const std::int64_t row = 64 * (4 + 8) + 2 * 2 * 32 * 4;
  // One row chooses 2 of 4; of two rows, each expert is missed by a quarter.
  CHECK(costs.of(OperationKind::experts, 0, 1).bytes == 2 * 2 * expert + row);
  CHECK(costs.of(OperationKind::experts, 0, 2).bytes == 3 * 2 * expert + 2 * row);
  CHECK(costs.of(OperationKind::experts, 0, 2).flops == 2 * 2 * 2 * expert);
}

}  // namespace
}  // namespace pagequest::runtime
