// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The loops over tiles of keys: a part of loop_bodies.h, inside its namespaces.

constexpr std::size_t kVectors = kTilePages / PQ_LANES;  // of a tile's row
static_assert(kVectors * PQ_LANES == kTilePages);
constexpr std::size_t kKeys = 2 * PQ_LANES / 4;  // that fit into the registers beside it

template <std::size_t kCount>
void some_products(const float* tile, const float* keys, std::size_t components, float bar,
                   float* to, std::uint32_t* above) {
  Lanes sums[kCount][kVectors] = {};
  for (std::size_t c = 0; c < components; ++c, tile += kTilePages) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const Lanes lanes = load(tile + v * PQ_LANES);
      for (std::size_t key = 0; key < kCount; ++key) {
        sums[key][v] += keys[key * components + c] * lanes;
      }
    }
  }
  for (std::size_t key = 0; key < kCount; ++key) {
    std::uint32_t bits = 0;
    for (std::size_t v = 0; v < kVectors; ++v, to += PQ_LANES) {
      *reinterpret_cast<Lanes*>(to) = sums[key][v];
      bits |= bits_of(sums[key][v] > bar) << (v * PQ_LANES);
    }
    above[key] = bits;
  }
}

void products(const float* tile, const float* keys, std::size_t key_count, std::size_t components,
              float bar, float* to, std::uint32_t* above) {
  for (; key_count >= kKeys; key_count -= kKeys) {
    some_products<kKeys>(tile, keys, components, bar, to, above);
    keys += kKeys * components;
    to += kKeys * kTilePages;
    above += kKeys;
  }
  for (; key_count > 0; --key_count, keys += components, to += kTilePages, ++above) {
    some_products<1>(tile, keys, components, bar, to, above);
  }
}

void add_tile(const float* __restrict tile, const std::uint8_t* __restrict listed,
              std::size_t components, double* __restrict sums) {
  double counts[kTilePages];
  for (std::size_t i = 0; i < kTilePages; ++i) counts[i] = static_cast<double>(listed[i]);
  for (std::size_t c = 0; c < components; ++c, tile += kTilePages, sums += kTilePages) {
    for (std::size_t i = 0; i < kTilePages; ++i) {
      sums[i] += counts[i] * static_cast<double>(tile[i]);
    }
  }
}

void products_with_others(const float* __restrict tile, const double* __restrict total,
                          std::size_t components, double* __restrict sums) {
  double added[kTilePages] = {};
  for (std::size_t c = 0; c < components; ++c, tile += kTilePages) {
    for (std::size_t i = 0; i < kTilePages; ++i) {
      const auto own = static_cast<double>(tile[i]);
      added[i] += (total[c] - own) * own;
    }
  }
  for (std::size_t i = 0; i < kTilePages; ++i) sums[i] = added[i];
}
