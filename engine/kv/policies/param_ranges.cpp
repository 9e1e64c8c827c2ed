// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/param_ranges.h"

#include <string>

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

double real_in(const Params& params, std::string_view policy, std::string_view name, double least,
               double most) {
  const double value = params.real(name);
  check_range(policy, name, value, least, most);
  return value;
}

}  // namespace pagequest::kv
