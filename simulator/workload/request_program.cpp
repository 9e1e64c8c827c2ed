// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/request_program.h"

#include <algorithm>
#include <utility>

#include "base/rng.h"

namespace pagequest::simulator {

using traces::RequestRow;

RequestProgram::RequestProgram(const traces::RequestTrace& trace, std::int32_t page_tokens,
                               EpisodeId episode)
    : trace_(trace), page_tokens_(page_tokens) {
  session_.episode = episode;
}

void RequestProgram::request(const RequestRow& row) {
  const std::int32_t output = std::max(row.output_tokens, 1);
  if (session_.turns.empty()) session_.priority = row.priority;
  session_.program.emplace_back(BeginTurn{static_cast<std::int32_t>(session_.turns.size())});
  add_pages(row);
  if (output > 1) session_.program.emplace_back(Decode{output - 1});
  session_.turns.push_back({.input = row.input_tokens, .answer = output});
}

void RequestProgram::add_pages(const RequestRow& row) {
  const auto first = static_cast<std::int32_t>(session_.blocks.size());
  const std::int32_t block_tokens = trace_.identity.block_tokens;
  // A floor trace has no id for the full pages of a partial block.
  const std::int64_t covered =
      std::min<std::int64_t>(row.input_tokens, std::int64_t{row.blocks} * block_tokens);
  const auto pages = static_cast<std::int32_t>(page_tokens_ > 0 ? covered / page_tokens_ : 0);
  const std::int32_t per_block = page_tokens_ > 0 ? block_tokens / page_tokens_ : 1;
  auto block = trace_.blocks.begin() + static_cast<std::ptrdiff_t>(row.first_block);
  for (std::int32_t done = 0; done < pages; done += per_block, ++block) {
    name_pages(*block, std::min(per_block, pages - done), per_block);
  }
  session_.program.emplace_back(Prompt{row.input_tokens, first, pages});
}

void RequestProgram::name_pages(std::uint64_t block, std::int32_t pages, std::int32_t per_block) {
  if (per_block == 1) {
    session_.blocks.push_back(block);
    return;
  }
  for (std::int32_t i = 1; i <= pages; ++i) {
    session_.blocks.push_back(mix64(block ^ mix64(static_cast<std::uint64_t>(i))));
  }
}

void RequestProgram::gap(Nanoseconds duration) {
  constexpr const char* kGap = "gap";
  if (duration <= 0) return;
  session_.program.emplace_back(CallTool{kGap, duration});
  if (session_.turns.empty() || !session_.turns.back().tool.empty()) return;
  TurnTokens& turn = session_.turns.back();
  turn.tool = kGap;
  turn.thought = std::exchange(turn.answer, 0);
}

void RequestProgram::start(Session agent) {
  const auto index = static_cast<std::int32_t>(session_.agents.size());
  session_.agents.push_back(std::move(agent));
  auto* last =
      session_.program.empty() ? nullptr : std::get_if<StartAgents>(&session_.program.back());
  if (last != nullptr) {
    ++last->count;
  } else {
    session_.program.emplace_back(StartAgents{index, 1});
  }
}

void RequestProgram::await_agents() { session_.program.emplace_back(AwaitAgents{}); }

Nanoseconds recorded_end(const RequestRow& row) {
  return row.arrival_ns + std::max<Nanoseconds>(row.duration_ns, 0);
}

Nanoseconds pause_between(const RequestRow& before, const RequestRow& row) {
  if (row.delay_ns >= 0) return row.delay_ns;
  if (row.arrival_ns < 0 || before.arrival_ns < 0) return 0;
  return std::max<Nanoseconds>(row.arrival_ns - recorded_end(before), 0);
}

}  // namespace pagequest::simulator
