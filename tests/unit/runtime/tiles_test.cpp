// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/tiles.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

namespace pagequest::runtime {
namespace {

TEST_CASE("Every chunk is in one tile, whole, and threads get tiles enough") {
  const std::vector<std::int32_t> tokens(64, 7);
  const int threads = GENERATE(1, 2, 4);
  std::vector<ForwardChunk> chunks(70);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    chunks[i].tokens = std::span(tokens).first(i % 10 == 0 ? 64 : 1);
    chunks[i].listed_pages.resize(i);
  }
  const std::vector<Tile> tiles = make_tiles(chunks, threads);
  std::set<const ForwardChunk*> seen;
  for (const Tile& tile : tiles) {
    std::int64_t rows = 0;
    for (const ForwardChunk* chunk : tile.chunks) {
      CHECK(seen.insert(chunk).second);
      rows += chunk->rows();
    }
    CHECK(tile.rows == rows);
    CHECK((tile.rows <= 24 || tile.chunks.size() == 1));
  }
  CHECK(seen.size() == chunks.size());
  CHECK(tiles.size() >= static_cast<std::size_t>(2 * threads));
  CHECK(tiles.front().rows == 64);
  CHECK(make_tiles({}, threads).empty());
}

}  // namespace
}  // namespace pagequest::runtime
