// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/tiles.h"

#include <algorithm>

namespace pagequest::runtime {
namespace {

/// Rows that a tile grows to: two tiles a thread, between one and four register tiles of rows.
std::int64_t target_rows(std::span<const ForwardChunk> chunks, int threads) {
  constexpr std::int64_t kLeast = 6;
  constexpr std::int64_t kMost = 24;
  std::int64_t rows = 0;
  for (const ForwardChunk& chunk : chunks) rows += chunk.rows();
  return std::clamp(rows / 2 / threads, kLeast, kMost);
}

/// In units of a page's attention: a row's matrix products cost about as much as 128 pages.
std::int64_t cost(const Tile& tile) {
  constexpr std::int64_t kMatrixProducts = 128;
  std::int64_t sum = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    sum += chunk->rows() * (kMatrixProducts + chunk->listed());
  }
  return sum;
}

}  // namespace

std::vector<Tile> make_tiles(std::span<const ForwardChunk> chunks, int threads) {
  const std::int64_t target = target_rows(chunks, threads);
  std::vector<Tile> tiles;
  for (const ForwardChunk& chunk : chunks) {
    if (tiles.empty() || tiles.back().rows + chunk.rows() > target) tiles.emplace_back();
    tiles.back().chunks.push_back(&chunk);
    tiles.back().rows += chunk.rows();
  }
  std::stable_sort(tiles.begin(), tiles.end(),
                   [](const Tile& a, const Tile& b) { return cost(a) > cost(b); });
  return tiles;
}

}  // namespace pagequest::runtime
