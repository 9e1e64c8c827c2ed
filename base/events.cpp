// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/events.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

namespace pagequest {

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, 4> kNames = {"complete", "unparsable", "context_limit",
                                                      "turn_limit"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

std::string_view to_string(Thread thread) { return thread == Thread::main ? "main" : "auxiliary"; }

double mean_tokens(const KeysRead& read) {
  const auto sum = std::accumulate(read.tokens.begin(), read.tokens.end(), std::int64_t{0});
  return static_cast<double>(sum) /
         static_cast<double>(std::max<std::size_t>(1, read.tokens.size()));
}

bool is_auxiliary(const Event& event) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.thread; }) return e.thread == Thread::auxiliary;
        return false;
      },
      event);
}

}  // namespace pagequest
