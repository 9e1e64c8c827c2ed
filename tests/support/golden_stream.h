// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <catch2/catch.hpp>
#include <zlib.h>

namespace pagequest::testing {

/// A gzipped file of 32-bit ids, as libCacheSim's streams are kept; Id has 32 bits.
template <class Id>
std::vector<Id> read_golden_stream(const std::filesystem::path& path) {
  static_assert(sizeof(Id) == sizeof(std::uint32_t));
  std::vector<Id> ids(1 << 20);
  gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  const int bytes = gzread(file, ids.data(), static_cast<unsigned>(ids.size() * sizeof(Id)));
  gzclose(file);
  REQUIRE(bytes > 0);
  ids.resize(static_cast<std::size_t>(bytes) / sizeof(Id));
  return ids;
}

}  // namespace pagequest::testing
