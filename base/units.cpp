// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <charconv>
#include <cmath>
#include <span>

#include "base/error.h"

namespace pagequest {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kKi = 1024.0;
constexpr Unit kBytes[] = {{"B", 1.0},
                           {"kB", 1e3},
                           {"KB", 1e3},
                           {"MB", 1e6},
                           {"GB", 1e9},
                           {"TB", 1e12},
                           {"PB", 1e15},
                           {"KiB", kKi},
                           {"MiB", kKi* kKi},
                           {"GiB", kKi* kKi* kKi},
                           {"TiB", kKi* kKi* kKi* kKi},
                           {"PiB", kKi* kKi* kKi* kKi* kKi}};
constexpr Unit kBits[] = {{"Mb", 1e6 / 8},   {"Gb", 1e9 / 8},   {"Tb", 1e12 / 8},
                          {"Mbit", 1e6 / 8}, {"Gbit", 1e9 / 8}, {"Tbit", 1e12 / 8}};
constexpr Unit kSeconds[] = {{"ns", 1e-9}, {"us", 1e-6},  {"ms", 1e-3},
                             {"s", 1.0},   {"min", 60.0}, {"h", 3600.0}};

struct Quantity {
  double value;
  std::string_view unit;
};

std::string listed(std::span<const Unit> units, std::string_view suffix) {
  std::string out;
  for (const auto& unit : units) {
    out += (out.empty() ? "" : ", ") + std::string(unit.name) + std::string(suffix);
  }
  return out;
}

[[noreturn]] void throw_bad(std::string_view what, const std::string& text,
                            const std::string& units) {
  throw usage_error({.what = "bad " + std::string(what),
                     .where = {},
                     .found = text,
                     .expected = "a number that isn't negative, and one of " + units,
                     .hint = {}});
}

/// Value NaN if there is no number.
Quantity split(const std::string& text) {
  double value = std::nan("");
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc{}) return {.value = std::nan(""), .unit = {}};
  std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  if (unit.size() > 1 && unit.front() == ' ') unit.remove_prefix(1);
  return {.value = value, .unit = unit};
}

/// 0 if `name` is none of them.
double factor_of(std::string_view name, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return 0.0;
}

bool is_fine(double value) { return std::isfinite(value) && value >= 0.0; }

double parse(std::string_view what, const std::string& text, std::span<const Unit> units) {
  const auto [value, unit] = split(text);
  const double factor = unit.empty() ? 1.0 : factor_of(unit, units);
  if (!is_fine(value * factor) || factor <= 0.0) throw_bad(what, text, listed(units, ""));
  return value * factor;
}

}  // namespace

double parse_bytes(std::string_view what, const std::string& text) {
  return parse(what, text, kBytes);
}

double parse_seconds(std::string_view what, const std::string& text) {
  return parse(what, text, kSeconds);
}

double parse_bytes_per_s(std::string_view what, const std::string& text) {
  auto [value, unit] = split(text);
  const bool a_second = unit.ends_with("/s");
  if (a_second) unit.remove_suffix(2);
  double factor = factor_of(unit, kBytes);
  if (factor <= 0.0) factor = factor_of(unit, kBits);
  if (!a_second || factor <= 0.0 || !is_fine(value * factor)) {
    throw_bad(what, text, listed(kBytes, "/s") + ", " + listed(kBits, "/s"));
  }
  return value * factor;
}

}  // namespace pagequest
