// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/params.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/joined.h"

namespace pagequest {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

template <class T>
std::optional<ParamValue> parse_number(const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc{} || stop != end) return std::nullopt;
  return ParamValue{value};
}

std::optional<ParamValue> parse_as(const ParamValue& kind, const std::string& text) {
  if (std::holds_alternative<std::string>(kind)) return ParamValue{text};
  if (std::holds_alternative<std::int64_t>(kind)) return parse_number<std::int64_t>(text);
  if (std::holds_alternative<double>(kind)) return parse_number<double>(text);
  if (text == "true") return ParamValue{true};
  if (text == "false") return ParamValue{false};
  return std::nullopt;
}

std::string type_name(const ParamValue& kind) {
  constexpr std::string_view kNames[] = {"true or false", "an integer", "a number", "a text"};
  return std::string(kNames[kind.index()]);
}

template <class T>
const T& get(const std::map<std::string, ParamValue, std::less<>>& values, std::string_view name) {
  const auto it = values.find(name);
  PQ_CHECK(it != values.end(), "the parameter is declared");
  const T* value = std::get_if<T>(&it->second);
  PQ_CHECK(value != nullptr, "the parameter is read as the type it is declared with");
  return *value;
}

}  // namespace

Params::Params(std::string_view owner, std::span<const ParamSpec> specs,
               const std::map<std::string, std::string>& given) {
  for (const auto& spec : specs) values_.emplace(spec.name, spec.default_value);
  for (const auto& [name, text] : given) {
    const auto slot = values_.find(name);
    if (slot == values_.end()) {
      std::vector<std::string> valid;
      for (const auto& spec : specs) valid.emplace_back(spec.name);
      throw_unknown_name("parameter of " + std::string(owner), name, valid);
    }
    auto value = parse_as(slot->second, text);
    if (!value) {
      throw usage_error({.what = "bad value for parameter `" + name + "`",
                         .where = std::string(owner),
                         .found = text,
                         .expected = type_name(slot->second),
                         .hint = {}});
    }
    slot->second = *std::move(value);
  }
}

bool Params::flag(std::string_view name) const { return get<bool>(values_, name); }
std::int64_t Params::integer(std::string_view name) const {
  return get<std::int64_t>(values_, name);
}
double Params::real(std::string_view name) const { return get<double>(values_, name); }
const std::string& Params::text(std::string_view name) const {
  return get<std::string>(values_, name);
}

std::string to_text(const ParamValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string>) {
          return v;
        } else if constexpr (std::is_same_v<T, bool>) {
          return v ? "true" : "false";
        } else {
          char buffer[40];
          const auto result = std::to_chars(buffer, buffer + sizeof buffer, v);
          return {buffer, result.ptr};
        }
      },
      value);
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& valid) {
  const auto best = std::min_element(valid.begin(), valid.end(), [name](auto& a, auto& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  return best == valid.end() ? std::string() : *best;
}

void throw_unknown_name(std::string_view kind, std::string_view name,
                        const std::vector<std::string>& valid) {
  const std::string nearest = nearest_name(name, valid);
  throw usage_error({.what = "unknown " + std::string(kind) + " `" + std::string(name) + "`",
                     .where = {},
                     .found = {},
                     .expected = valid.empty() ? "none" : "one of: " + joined(valid),
                     .hint = nearest.empty() ? "" : "did you mean `" + nearest + "`?"});
}

}  // namespace pagequest
