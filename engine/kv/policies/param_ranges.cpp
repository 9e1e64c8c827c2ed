// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/param_ranges.h"

#include <charconv>
#include <string>
#include <system_error>

#include "base/error.h"

namespace pagequest::kv {
namespace {

template <class T>
void check_range(std::string_view policy, std::string_view name, T value, T least, T most) {
  if (value >= least && value <= most) return;
  throw usage_error({.what = "bad value for parameter `" + std::string(name) + "`",
                     .where = std::string(policy),
                     .found = to_text(value),
                     .expected = to_text(least) + " to " + to_text(most),
                     .hint = {}});
}

}  // namespace

std::int32_t integer_in(const Params& params, std::string_view policy, std::string_view name,
                        std::int64_t least, std::int64_t most) {
  const std::int64_t value = params.integer(name);
  check_range(policy, name, value, least, most);
  return static_cast<std::int32_t>(value);
}

std::vector<std::int32_t> integers_in(const Params& params, std::string_view policy,
                                      std::string_view name, std::int32_t least,
                                      std::int32_t most) {
  const std::string& text = params.text(name);
  std::vector<std::int32_t> values;
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at <= end; ++at) {
    std::int32_t value = 0;
    const auto [behind, error] = std::from_chars(at, end, value);
    const bool is_whole = error == std::errc() && (behind == end || *behind == '/');
    if (!is_whole || value < least || value > most) {
      throw usage_error({.what = "bad value for parameter `" + std::string(name) + "`",
                         .where = std::string(policy),
                         .found = text,
                         .expected = "integers from " + std::to_string(least) + " to " +
                                     std::to_string(most) + ", separated by /",
                         .hint = {}});
    }
    values.push_back(value);
    at = behind;
  }
  return values;
}

double real_in(const Params& params, std::string_view policy, std::string_view name, double least,
               double most) {
  const double value = params.real(name);
  check_range(policy, name, value, least, most);
  return value;
}

}  // namespace pagequest::kv
