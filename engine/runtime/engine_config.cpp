// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine_config.h"

#include <algorithm>
#include <limits>
#include <string>
#include <thread>

#include "base/error.h"

namespace pagequest::runtime {
namespace {

void check_range(const std::string& name, std::int32_t value, std::int32_t least,
                 std::int32_t most) {
  if (value >= least && value <= most) return;
  throw usage_error(
      {.what = "impossible engine configuration",
       .where = name,
       .found = std::to_string(value),
       .expected = "an integer from " + std::to_string(least) + " to " + std::to_string(most),
       .hint = {}});
}

}  // namespace

EngineConfig resolve(EngineConfig config) {
  constexpr std::int32_t kEndless = std::numeric_limits<std::int32_t>::max();
  constexpr std::int32_t kMostThreads = 1024;
  check_range("page_size", config.page_size, 1, 64);
  check_range("pool_pages", config.pool_pages, 1, kEndless);
  check_range("max_batch_tokens", config.max_batch_tokens, 1, kEndless);
  check_range("prefill_chunk", config.prefill_chunk, 1, kEndless);
  check_range("prefill_rows", config.prefill_rows, 1, kEndless);
  check_range("threads", config.threads, 0, kMostThreads);
  if (config.threads == 0) {
    config.threads = std::max(1, static_cast<std::int32_t>(std::thread::hardware_concurrency()));
  }
  return config;
}

}  // namespace pagequest::runtime
