// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/planning/slo.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/params.h"

namespace pagequest::simulator {
namespace {

struct Unit {
  std::string_view name;
  double seconds;
};

constexpr Unit kUnits[] = {{"h", 3600.0}, {"min", 60.0}, {"ms", 1e-3}, {"s", 1.0}, {"us", 1e-6}};

struct LatencyKey {
  std::string_view name;
  std::optional<double> Slo::*limit;
  double Latencies::*value;
};

constexpr LatencyKey kLatencies[] = {{"e2e", &Slo::e2e, &Latencies::e2e},
                                     {"tpot", &Slo::tpot, &Latencies::tpot},
                                     {"ttft", &Slo::ttft, &Latencies::ttft}};

[[noreturn]] void fail(std::string_view key, std::string_view found, const std::string& expected) {
  throw usage_error({.what = "can't read the service-level objectives",
                     .where = std::string(key),
                     .found = std::string(found),
                     .expected = expected,
                     .hint = "for example ttft=2s,tpot=50ms,percentile=99"});
}

/// A number above 0 and the text behind it.
std::string_view read_number(std::string_view key, std::string_view text, double& number) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || !std::isfinite(number) || number <= 0.0) {
    fail(key, text, "a number above 0");
  }
  return text.substr(static_cast<std::size_t>(end - text.data()));
}

double read_seconds(std::string_view key, std::string_view text) {
  double number = 0.0;
  const std::string_view unit = read_number(key, text, number);
  if (unit.empty()) fail(key, text, "a number with a unit: h, min, s, ms or us");
  return number * entry_named("unit", unit, kUnits).seconds;
}

double read_percentile(std::string_view text) {
  double number = 0.0;
  const std::string_view rest = read_number("percentile", text, number);
  if (!rest.empty() || number >= 100.0) fail("percentile", text, "a number between 0 and 100");
  return number;
}

void read_entry(std::string_view entry, Slo& slo, std::set<std::string_view>& seen) {
  const auto equals = entry.find('=');
  if (equals == std::string_view::npos) fail({}, entry, "KEY=VALUE, separated by commas");
  const std::string_view key = entry.substr(0, equals);
  const std::string_view value = entry.substr(equals + 1);
  if (!seen.insert(key).second) fail(key, "it twice", "each key once");
  if (key == "percentile") {
    slo.percentile = read_percentile(value);
    return;
  }
  for (const auto& latency : kLatencies) {
    if (latency.name == key) {
      slo.*latency.limit = read_seconds(key, value);
      return;
    }
  }
  throw_unknown_name("objective", key, {"e2e", "percentile", "tpot", "ttft"});
}

std::string short_number(double value) {
  std::array<char, 32> buffer{};
  const auto [end, status] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                           std::chars_format::general, 4);
  return {buffer.data(), end};
}

std::string subject(const Slo& slo, std::string_view name) {
  return std::string(name) + " p" + short_number(slo.percentile);
}

}  // namespace

Slo parse_slo(std::string_view text) {
  Slo slo;
  std::set<std::string_view> seen;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    read_entry(text.substr(begin, end - begin), slo, seen);
    begin = end + 1;
  }
  if (!slo.ttft && !slo.tpot && !slo.e2e) fail({}, text, "at least one of e2e, tpot and ttft");
  return slo;
}

std::string to_text(const Slo& slo) {
  std::string text;
  for (const auto& latency : kLatencies) {
    const auto& limit = slo.*latency.limit;
    if (!limit) continue;
    text += (text.empty() ? "" : ", ") + subject(slo, latency.name) +
            " <= " + short_number(*limit) + " s";
  }
  return text;
}

std::vector<std::string> misses(const Slo& slo, const Latencies& latencies) {
  std::vector<std::string> missed;
  for (const auto& latency : kLatencies) {
    const auto& limit = slo.*latency.limit;
    const double value = latencies.*latency.value;
    if (!limit || value <= *limit) continue;
    missed.push_back(subject(slo, latency.name) + " = " + short_number(value) + " s above " +
                     short_number(*limit) + " s");
  }
  return missed;
}

}  // namespace pagequest::simulator
