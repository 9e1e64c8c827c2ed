// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/shard.h"

#include <charconv>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

bool parse_whole(std::string_view text, std::size_t& value) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return status == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Shard parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  Shard shard;
  const bool fits = slash != std::string_view::npos &&
                    parse_whole(text.substr(0, slash), shard.index) &&
                    parse_whole(text.substr(slash + 1), shard.count) && shard.index < shard.count;
  if (fits) return shard;
  throw usage_error({.what = "impossible shard",
                     .where = {},
                     .found = std::string(text),
                     .expected = "INDEX/COUNT with the index from 0 to COUNT - 1",
                     .hint = {}});
}

std::vector<std::size_t> points_of(const Shard& shard, std::span<const std::size_t> points) {
  std::vector<std::size_t> own;
  for (const std::size_t point : points) {
    if (point % shard.count == shard.index) own.push_back(point);
  }
  return own;
}

}  // namespace pagequest::simulator
