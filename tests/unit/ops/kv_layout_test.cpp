// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/kv_layout.h"

#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

using Entry = std::pair<std::vector<float>, std::vector<float>>;

Entry read(const KvLayout& layout, const std::vector<std::byte>& block, std::int64_t slot) {
  const auto width = static_cast<std::size_t>(layout.head_dim);
  Entry entry{std::vector<float>(width), std::vector<float>(width)};
  layout.read(block.data(), slot, entry.first.data(), entry.second.data());
  return entry;
}

std::vector<std::byte> random_block(const KvLayout& layout, std::uint64_t seed) {
  std::vector<std::byte> block(static_cast<std::size_t>(layout.block_bytes()));
  for (std::int64_t slot = 0; slot < layout.page_size; ++slot) {
    const auto number = static_cast<std::uint64_t>(slot);
    const auto key = random_floats(layout.head_dim, seed + 2 * number);
    const auto value = random_floats(layout.head_dim, seed + 2 * number + 1);
    layout.store(block.data(), slot, key.data(), value.data());
  }
  return block;
}

TEST_CASE("A moved token keeps the bits of its key and value, and its neighbours theirs") {
  const KvType type = GENERATE(KvType::f32, KvType::bf16, KvType::int8);
  const std::int64_t page_size = GENERATE(5, 16, 33);
  const KvLayout layout{.type = type, .head_dim = 24, .page_size = page_size};
  const auto from = random_block(layout, 1);
  const auto before = random_block(layout, 1000);
  auto to = before;
  layout.move(from.data(), 1, to.data(), 2);
  for (std::int64_t slot = 0; slot < page_size; ++slot) {
    CHECK(read(layout, to, slot) ==
          (slot == 2 ? read(layout, from, 1) : read(layout, before, slot)));
  }
}

}  // namespace
}  // namespace pagequest::ops::test
