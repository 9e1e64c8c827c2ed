// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/decode_pieces.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace pagequest::simulator {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

struct TickLine {
  Ticks base = 0;
  Ticks slope = 0;
  [[nodiscard]] Ticks at(std::int64_t x) const { return base + slope * x; }
};

/// Floor of a / b for b > 0.
std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b != 0 && a < 0 ? quotient - 1 : quotient;
}

/// Given a.at(x) <= b.at(x): the last place from x on up to which that holds.
std::int64_t last_not_above(const TickLine& a, const TickLine& b) {
  if (a.slope <= b.slope) return kForever;
  return floor_div(b.base - a.base, a.slope - b.slope);
}

struct Choice {
  TickLine line;
  std::int64_t last;  // the choice holds up to here
};

Choice lesser(const TickLine& a, const TickLine& b, std::int64_t x) {
  if (a.at(x) <= b.at(x)) return {a, last_not_above(a, b)};
  return {b, last_not_above({b.base + 1, b.slope}, a)};
}

Choice greater(const TickLine& a, const TickLine& b, std::int64_t x) {
  if (a.at(x) >= b.at(x)) return {a, last_not_above(b, a)};
  return {b, last_not_above({a.base + 1, a.slope}, b)};
}

}  // namespace

Ticks round_to_ticks(double seconds) {
  return std::llround(seconds * 1e9 * static_cast<double>(kTicksPerNanosecond));
}

Ticks to_ticks(double seconds) { return std::max(kTicksPerNanosecond, round_to_ticks(seconds)); }

DecodeLine decode_piece(const DecodeAttentionTime::Lines& lines, double skew,
                        const BatchShape& batch) {
  DecodeLine out;
  const std::int64_t sequences = batch.decode_tokens;
  if (sequences == 0) return out;
  const std::int64_t x = batch.decode_reads;
  // What the sequences lack to the longest, summed: it stays while all of them grow.
  const std::int64_t lag = std::max<std::int64_t>(0, sequences * batch.longest_decode - x);
  const double shift = skew * static_cast<double>(lag);
  const auto piece = [&](const DecodeAttentionTime::Line& line) {
    return TickLine{round_to_ticks(line.base + line.per_read * shift),
                    round_to_ticks(line.per_read)};
  };
  const auto n = static_cast<double>(sequences);
  const TickLine longest{
      round_to_ticks(lines.sequence.base + lines.sequence.per_read * static_cast<double>(lag) / n),
      round_to_ticks(lines.sequence.per_read / n)};
  const Choice kernel = lesser(piece(lines.ramp), piece(lines.full), x);
  const Choice bound = greater(kernel.line, longest, x);
  out.base = bound.line.base;
  out.per_read = bound.line.slope;
  out.max_reads = std::min(kernel.last, bound.last);
  PQ_CHECK(out.max_reads >= x, "a piece contains the batch that asked for it");
  return out;
}

}  // namespace pagequest::simulator
