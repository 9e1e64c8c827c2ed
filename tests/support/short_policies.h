// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace pagequest::testing {

/// Parameters with which a policy has something to decide in episodes of a hundred tokens or two;
/// the defaults of some are for thousands.
inline std::map<std::string, std::string> short_params(std::string_view policy) {
  static const std::map<std::string, std::map<std::string, std::string>, std::less<>> kParams{
      {"ablate", {{"where", "any"}}},
      {"clear-at", {{"threshold", "60"}, {"keep", "1"}}},
      {"diffkv", {{"prune", "0.8"}, {"quant", "1.0"}, {"recent", "8"}}},
      {"intentkv-rule", {{"window", "4"}, {"protect_prompt", "false"}}},
      {"keep-k", {{"k", "1"}}},
      {"lazy", {{"window", "6"}, {"alpha", "0.02"}}},
      {"pyramidkv", {{"window", "4"}, {"kernel", "3"}, {"beta", "2"}}},
      {"raas", {{"protect_prompt", "false"}}},
      {"rkv", {{"period", "4"}}},
      {"snapkv", {{"window", "4"}, {"kernel", "3"}}},
      {"thinkv",
       {{"tau", "6"}, {"execution_below", "0"}, {"transition_from", "0"}, {"ladder", "4/2"}}}};
  const auto found = kParams.find(policy);
  return found == kParams.end() ? std::map<std::string, std::string>{} : found->second;
}

}  // namespace pagequest::testing
