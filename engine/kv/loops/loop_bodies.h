// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// No #pragma once: loops_<isa>.cpp compiles this file with its own flags, PQ_LOOPS and PQ_LANES.
// Nothing here may have a linkage that another translation unit could share (so no inline functions
// of the standard library), or the linker could pick code that the processor cannot run.
#include <cstddef>
#include <cstdint>

#include "engine/kv/loops/loops.h"

namespace pagequest::kv {
namespace {

typedef float Lanes __attribute__((vector_size(4 * PQ_LANES), aligned(4), may_alias));
typedef std::int32_t Hits __attribute__((vector_size(4 * PQ_LANES)));
typedef std::uint32_t Words __attribute__((vector_size(4 * PQ_LANES), aligned(4), may_alias));

constexpr std::size_t kVectors = kTilePages / PQ_LANES;  // of a tile's row
constexpr std::size_t kKeys = 2 * PQ_LANES / 4;          // that fit into the registers beside it

Lanes load(const float* from) { return *reinterpret_cast<const Lanes*>(from); }

std::size_t count_from(const float* values, std::size_t count, float least) {
  std::uint32_t from = 0;
  for (std::size_t i = 0; i < count; ++i) from += values[i] >= least ? 1U : 0U;
  return from;
}

/// Bit i: whether lane i is set.
std::uint32_t bits_of(Hits hits) {
#if PQ_LANES == 8 && defined(__AVX__)
  return static_cast<std::uint32_t>(__builtin_ia32_movmskps256((Lanes)hits));
#elif PQ_LANES == 4 && defined(__SSE__)
  return static_cast<std::uint32_t>(__builtin_ia32_movmskps((Lanes)hits));
#else
  std::uint32_t bits = 0;
  for (std::uint32_t i = 0; i < PQ_LANES; ++i) bits |= (hits[i] != 0 ? 1U : 0U) << i;
  return bits;
#endif
}

std::size_t take_between(const float* values, std::size_t count, float low, float high, float* to) {
  std::size_t taken = 0;
  std::size_t first = 0;
  for (; first + PQ_LANES <= count; first += PQ_LANES) {
    const Lanes lanes = load(values + first);
    std::uint32_t inside = bits_of((lanes >= low) & (lanes < high));
    for (; inside != 0; inside &= inside - 1) {
      to[taken++] = values[first + static_cast<std::size_t>(__builtin_ctz(inside))];
    }
  }
  for (; first < count; ++first) {
    if (values[first] >= low && values[first] < high) to[taken++] = values[first];
  }
  return taken;
}

/// Of the lanes from `first` on: to[i] = how many values go before values[i].
void rank_lanes(const float* values, std::size_t count, std::size_t first, std::uint32_t* to) {
  const Lanes own = load(values + first);
  Hits before{};
  Hits index;
  for (std::size_t i = 0; i < PQ_LANES; ++i) index[i] = static_cast<std::int32_t>(i);
  for (std::size_t j = 0; j < first; ++j) before -= values[j] >= own;
  for (std::int32_t j = 0; j < PQ_LANES; ++j) {
    const float other = values[first + static_cast<std::size_t>(j)];
    before -= (other > own) | ((other == own) & (j < index));
  }
  for (std::size_t j = first + PQ_LANES; j < count; ++j) before -= values[j] > own;
  *reinterpret_cast<Words*>(to) = (Words)before;
}

void ranks(const float* values, std::size_t count, std::uint32_t* to) {
  float padded[kMostRanked];  // with what goes before none
  for (std::size_t i = 0; i < kMostRanked; ++i) padded[i] = -__builtin_inff();
  for (std::size_t i = 0; i < count; ++i) padded[i] = values[i];
  for (std::size_t first = 0; first < count; first += PQ_LANES) {
    rank_lanes(padded, count, first, to + first);
  }
}

/// Several rows at once, because `largest` needs to be read but once for them.
template <std::size_t kRows>
void raise_rows(const float* __restrict rows, std::size_t width, float* __restrict largest) {
  for (std::size_t i = 0; i < width; ++i) {
    float most = largest[i];
    for (std::size_t row = 0; row < kRows; ++row) {
      const float mass = rows[row * width + i];
      most = most < mass ? mass : most;
    }
    largest[i] = most;
  }
}

void raise(const float* rows, std::size_t row_count, std::size_t width, float* largest) {
  for (; row_count >= 4; row_count -= 4, rows += 4 * width) raise_rows<4>(rows, width, largest);
  for (; row_count > 0; --row_count, rows += width) raise_rows<1>(rows, width, largest);
}

template <std::size_t kRows>
void add_some_rows(const float* __restrict rows, std::size_t width, double* __restrict sums) {
  for (std::size_t i = 0; i < width; ++i) {
    double sum = sums[i];
    for (std::size_t row = 0; row < kRows; ++row) sum += static_cast<double>(rows[row * width + i]);
    sums[i] = sum;
  }
}

void add_rows(const float* rows, std::size_t row_count, std::size_t width, double* sums) {
  for (; row_count >= 4; row_count -= 4, rows += 4 * width) add_some_rows<4>(rows, width, sums);
  for (; row_count > 0; --row_count, rows += width) add_some_rows<1>(rows, width, sums);
}

void stamp(const float* __restrict masses, std::size_t count, float least, std::int32_t now,
           std::int32_t* __restrict used) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool uses = (used[i] == 0) | (masses[i] >= least);
    used[i] = uses ? now : used[i];
  }
}

template <std::size_t kCount>
bool some_products(const float* tile, const float* keys, std::size_t components, float bar,
                   float* to) {
  Lanes sums[kCount][kVectors] = {};
  for (std::size_t c = 0; c < components; ++c, tile += kTilePages) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const Lanes lanes = load(tile + v * PQ_LANES);
      for (std::size_t key = 0; key < kCount; ++key) {
        sums[key][v] += keys[key * components + c] * lanes;
      }
    }
  }
  Hits hits{};
  for (std::size_t key = 0; key < kCount; ++key) {
    for (std::size_t v = 0; v < kVectors; ++v, to += PQ_LANES) {
      *reinterpret_cast<Lanes*>(to) = sums[key][v];
      hits |= sums[key][v] > bar;
    }
  }
  return bits_of(hits) != 0;
}

bool products(const float* tile, const float* keys, std::size_t key_count, std::size_t components,
              float bar, float* to) {
  bool any = false;
  for (; key_count >= kKeys; key_count -= kKeys) {
    any |= some_products<kKeys>(tile, keys, components, bar, to);
    keys += kKeys * components;
    to += kKeys * kTilePages;
  }
  for (; key_count > 0; --key_count, keys += components, to += kTilePages) {
    any |= some_products<1>(tile, keys, components, bar, to);
  }
  return any;
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

}  // namespace

extern const Loops PQ_LOOPS;
const Loops PQ_LOOPS{.name = PQ_LOOPS_NAME,
                     .count_from = count_from,
                     .take_between = take_between,
                     .ranks = ranks,
                     .raise = raise,
                     .add_rows = add_rows,
                     .stamp = stamp,
                     .products = products,
                     .add_tile = add_tile,
                     .products_with_others = products_with_others};

}  // namespace pagequest::kv
