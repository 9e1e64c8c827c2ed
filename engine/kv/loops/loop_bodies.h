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

static_assert(kMostRanked % PQ_LANES == 0);

Lanes load(const float* from) { return *reinterpret_cast<const Lanes*>(from); }
Hits load(const std::int32_t* from) { return (Hits)(*reinterpret_cast<const Words*>(from)); }

Lanes all_lanes(float value) { return Lanes{} + value; }

Lanes smaller(Lanes a, Lanes b) { return a < b ? a : b; }

float smallest_lane(Lanes lanes) {
  float least = lanes[0];
  for (std::size_t i = 1; i < PQ_LANES; ++i) least = lanes[i] < least ? lanes[i] : least;
  return least;
}

std::size_t count_from(const float* values, std::size_t count, float least) {
  std::uint32_t from = 0;
  for (std::size_t i = 0; i < count; ++i) from += values[i] >= least ? 1U : 0U;
  return from;
}

/// Bit i: whether lane i is set.
std::uint32_t bits_of(Hits hits) {
#if PQ_LANES == 16 && defined(__AVX512DQ__)
  return __builtin_ia32_cvtd2mask512(hits);
#elif PQ_LANES == 8 && defined(__AVX__)
  return static_cast<std::uint32_t>(__builtin_ia32_movmskps256((Lanes)hits));
#elif PQ_LANES == 4 && defined(__SSE__)
  return static_cast<std::uint32_t>(__builtin_ia32_movmskps((Lanes)hits));
#else
  std::uint32_t bits = 0;
  for (std::uint32_t i = 0; i < PQ_LANES; ++i) bits |= (hits[i] != 0 ? 1U : 0U) << i;
  return bits;
#endif
}

std::size_t find_from(const float* values, std::size_t count, float least, std::uint32_t* to) {
  std::size_t found = 0;
  std::size_t first = 0;
  for (; first + PQ_LANES <= count; first += PQ_LANES) {
    for (std::uint32_t from = bits_of(load(values + first) >= least); from != 0; from &= from - 1) {
      to[found++] =
          static_cast<std::uint32_t>(first) + static_cast<std::uint32_t>(__builtin_ctz(from));
    }
  }
  for (; first < count; ++first) {
    if (values[first] >= least) to[found++] = static_cast<std::uint32_t>(first);
  }
  return found;
}

std::size_t take_between(const float* values, std::size_t count, float low, float high, float* to) {
  std::size_t taken = 0;
  std::size_t first = 0;
  for (; first + PQ_LANES <= count; first += PQ_LANES) {
    const Lanes lanes = load(values + first);
    std::uint32_t inside = bits_of((lanes >= low) & (lanes < high));
#if PQ_LANES == 16 && defined(__AVX512F__)
    *reinterpret_cast<Lanes*>(to + taken) = (Lanes)__builtin_ia32_compresssf512_mask(
        lanes, Lanes{}, static_cast<unsigned short>(inside));
    taken += static_cast<std::size_t>(__builtin_popcount(inside));
    inside = 0;
#endif
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

/// Several rows at once, because what they are reduced to needs to be read but once for them. With
/// one of the two left out its pointer is not used.
template <std::size_t kRows, bool kRaises, bool kAdds>
void reduce_some(const float* __restrict rows, std::size_t width, float* __restrict largest,
                 double* __restrict sums) {
  for (std::size_t i = 0; i < width; ++i) {
    float most = kRaises ? largest[i] : 0.0F;
    double sum = kAdds ? sums[i] : 0.0;
    for (std::size_t row = 0; row < kRows; ++row) {
      const float mass = rows[row * width + i];
      most = most < mass ? mass : most;
      sum += static_cast<double>(mass);
    }
    if (kRaises) largest[i] = most;
    if (kAdds) sums[i] = sum;
  }
}

template <bool kRaises, bool kAdds>
void reduce(const float* rows, std::size_t row_count, std::size_t width, float* largest,
            double* sums) {
  for (; row_count >= 4; row_count -= 4, rows += 4 * width) {
    reduce_some<4, kRaises, kAdds>(rows, width, largest, sums);
  }
  for (; row_count > 0; --row_count, rows += width) {
    reduce_some<1, kRaises, kAdds>(rows, width, largest, sums);
  }
}

void raise(const float* rows, std::size_t row_count, std::size_t width, float* largest) {
  reduce<true, false>(rows, row_count, width, largest, nullptr);
}

void add_rows(const float* rows, std::size_t row_count, std::size_t width, double* sums) {
  reduce<false, true>(rows, row_count, width, nullptr, sums);
}

void raise_and_add(const float* rows, std::size_t row_count, std::size_t width, float* largest,
                   double* sums) {
  reduce<true, true>(rows, row_count, width, largest, sums);
}

void add_seen(const float* __restrict masses, std::size_t count, double weight,
              double* __restrict sums) {
  for (std::size_t i = 0; i < count; ++i) {
    const float mass = masses[i] > 0.0F ? masses[i] : 0.0F;
    sums[i] += weight * static_cast<double>(mass);
  }
}

void average_seen(const float* __restrict masses, std::size_t count, std::int32_t rows,
                  const double* __restrict sums, std::int32_t* __restrict queries,
                  float* __restrict means) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t seen = queries[i] + (masses[i] >= 0.0F ? rows : 0);
    const float mean = static_cast<float>(sums[i]) / static_cast<float>(seen > 0 ? seen : 1);
    queries[i] = seen;
    means[i] = seen > 0 ? mean : 1.0F;
  }
}

/// Of kSign x value.
template <int kSign>
float least_signed(const float* values, std::size_t count) {
  constexpr float kFactor = kSign;
  Lanes lanes = all_lanes(__builtin_inff());
  std::size_t i = 0;
  for (; i + PQ_LANES <= count; i += PQ_LANES) lanes = smaller(kFactor * load(values + i), lanes);
  float least = smallest_lane(lanes);
  for (; i < count; ++i) least = kFactor * values[i] < least ? kFactor * values[i] : least;
  return least;
}

float least(const float* values, std::size_t count) { return least_signed<1>(values, count); }
float largest(const float* values, std::size_t count) { return -least_signed<-1>(values, count); }

bool least_of_marks(const float* values, const std::int32_t* marks, std::size_t count,
                    const std::int32_t* two_marks, float* least) {
  const Lanes most = all_lanes(__builtin_inff());
  Lanes lanes[2] = {all_lanes(least[0]), all_lanes(least[1])};
  Hits others{};
  std::size_t i = 0;
  for (; i + PQ_LANES <= count; i += PQ_LANES) {
    const Lanes value = load(values + i);
    const Hits mark = load(marks + i);
    const Hits first = mark == two_marks[0];
    const Hits second = mark == two_marks[1];
    lanes[0] = smaller(first ? value : most, lanes[0]);
    lanes[1] = smaller(second ? value : most, lanes[1]);
    others |= ~(first | second);
  }
  bool marked = bits_of(others) == 0;
  least[0] = smallest_lane(lanes[0]);
  least[1] = smallest_lane(lanes[1]);
  for (; i < count; ++i) {
    const bool second = marks[i] == two_marks[1];
    marked &= second || marks[i] == two_marks[0];
    if (marks[i] == two_marks[0] && values[i] < least[0]) least[0] = values[i];
    if (second && values[i] < least[1]) least[1] = values[i];
  }
  return marked;
}

void stamp(const float* __restrict masses, std::size_t count, float least, std::int32_t now,
           std::int32_t* __restrict used) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool uses = (used[i] == 0) | (masses[i] >= least);
    used[i] = uses ? now : used[i];
  }
}

#include "engine/kv/loops/tile_bodies.h"

}  // namespace

extern const Loops PQ_LOOPS;
const Loops PQ_LOOPS{.name = PQ_LOOPS_NAME,
                     .count_from = count_from,
                     .find_from = find_from,
                     .take_between = take_between,
                     .ranks = ranks,
                     .raise = raise,
                     .raise_and_add = raise_and_add,
                     .add_rows = add_rows,
                     .add_seen = add_seen,
                     .average_seen = average_seen,
                     .largest = largest,
                     .least = least,
                     .least_of_marks = least_of_marks,
                     .stamp = stamp,
                     .products = products,
                     .add_tile = add_tile,
                     .products_with_others = products_with_others};

}  // namespace pagequest::kv
