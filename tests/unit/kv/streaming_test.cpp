// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

namespace {

/// StreamingLLM is "the first tokens are pinned, the rest is first in, first out": written as such,
/// over pages. Returns the pages dropped after each decode step.
std::vector<std::int32_t> pinned_fifo(std::int32_t pinned_pages, std::int32_t page_size,
                                      std::int32_t budget, std::int32_t tokens) {
  std::deque<std::int32_t> queue;
  std::vector<std::int32_t> dropped;
  std::int32_t live = 0;
  for (std::int32_t position = 0; position < tokens; ++position) {
    const std::int32_t page = position / page_size;
    if (page >= pinned_pages && position % page_size == 0) queue.push_back(page);
    ++live;
    while (live > budget) {
      dropped.push_back(queue.front());
      queue.pop_front();
      live -= page_size;
    }
  }
  return dropped;
}

std::vector<std::int32_t> dropped_pages(const kv::PolicySpec& spec, std::int32_t page_size,
                                        std::int32_t tokens) {
  EvictionController controller(spec, page_size);
  std::vector<std::int32_t> dropped;
  for (std::int32_t position = 0; position < tokens; ++position) {
    fill(controller, position, position, 1);
    for (const TokenSpan& span : spans_of(controller.victims(DecisionPoint::step_end))) {
      dropped.push_back(span.first / page_size);
      evicted(controller, span);
    }
  }
  return dropped;
}

}  // namespace

TEST_CASE("StreamingLLM is pinned first pages plus first in, first out") {
  for (const std::int32_t page_size : {1, 4, 16}) {
    for (const std::int32_t sinks : {0, 4, 5}) {
      const std::int32_t pinned = (sinks + page_size - 1) / page_size;
      const std::int32_t budget = (pinned + 3) * page_size;
      const kv::PolicySpec spec{.name = "streaming",
                                .params = {{"sink_tokens", std::to_string(sinks)}},
                                .budget_tokens = budget};
      const auto dropped = dropped_pages(spec, page_size, 20 * page_size);
      CHECK(dropped == pinned_fifo(pinned, page_size, budget, 20 * page_size));
      CHECK_FALSE(dropped.empty());
    }
  }
}

TEST_CASE("a protected prompt is what was filled before the first decode step") {
  EvictionController controller(
      {.name = "streaming", .params = {{"protect_prompt", "true"}}, .budget_tokens = 20}, 4);
  fill(controller, 0, 0, 6, StepKind::prefill);   // the prompt: pages 0 and 1
  fill(controller, 1, 6, 2);                      // page 1
  fill(controller, 2, 8, 16, StepKind::prefill);  // a tool response: pages 2 to 5
  const auto spans = spans_of(controller.victims(DecisionPoint::step_end));
  CHECK(spans == std::vector<TokenSpan>{{8, 4}});
}
