// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/generator/agent_generator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "base/rng.h"
#include "simulator/workload/generator/reference_model.h"

namespace pagequest::simulator {
namespace {

// Independent streams: another length distribution leaves turns and uses as they are.
constexpr std::uint64_t kShapeStream = 0x7368617065ULL;
constexpr std::uint64_t kUseStream = 0x757365ULL;
constexpr std::uint64_t kLengthStream = 0x6c656e677468ULL;
constexpr std::uint64_t kLatencyStream = 0x6c6174656eULL;

constexpr std::int32_t kLeastTurns = 2;  // a search and an answer

std::int32_t tokens(const LogNormal& distribution, Rng& rng, double most = 1e7) {
  return static_cast<std::int32_t>(
      std::max(1.0, std::min(std::round(distribution.draw(rng)), most)));
}

struct Lengths {
  std::int32_t thought;
  std::int32_t call;
  std::int32_t response;
};

Lengths draw_lengths(const EpisodeParams& params, Action action, Rng& rng) {
  Lengths out{
      .thought = tokens(params.thought, rng), .call = tokens(params.call, rng), .response = 0};
  if (action == Action::search) {
    out.response = tokens(params.search_response, rng);
  } else {
    const bool is_open = action == Action::open;
    out.response =
        tokens(is_open ? params.open_response : params.find_response, rng, params.view_tokens);
  }
  return out;
}

std::int32_t draw_turns(const EpisodeParams& params, Rng& rng) {
  const double turns = std::min<double>(std::round(params.turns.draw(rng)), params.most_turns);
  return std::max(kLeastTurns, static_cast<std::int32_t>(turns));
}

/// Appends the operations and turns of one episode.
class Writer {
 public:
  Writer(Session& session, std::int32_t prompt) : session_(session), input_(prompt) {
    session_.program.emplace_back(Prefill{prompt});
  }

  void call(Action action, const Lengths& lengths, Nanoseconds duration) {
    begin(lengths.thought + lengths.call);
    const std::string tool(to_string(action));
    session_.turns.push_back({.input = input_,
                              .thought = lengths.thought,
                              .call = lengths.call,
                              .answer = 0,
                              .tool = tool});
    session_.program.emplace_back(CallTool{tool, duration});
    session_.program.emplace_back(Prefill{lengths.response});
    input_ = lengths.response;
  }

  void answer(std::int32_t thought, std::int32_t answer) {
    begin(thought + answer);
    session_.turns.push_back(
        {.input = input_, .thought = thought, .call = 0, .answer = answer, .tool = {}});
  }

 private:
  void begin(std::int32_t decoded) {
    session_.program.emplace_back(BeginTurn{static_cast<std::int32_t>(session_.turns.size())});
    session_.program.emplace_back(Decode{decoded});
  }

  Session& session_;
  std::int32_t input_;
};

}  // namespace

AgentEpisode AgentGenerator::episode(std::int32_t index) const {
  const auto stream = static_cast<std::uint64_t>(index);
  Rng shape(seed_ ^ kShapeStream, stream);
  Rng uses(seed_ ^ kUseStream, stream);
  Rng lengths(seed_ ^ kLengthStream, stream);
  Rng latency(seed_ ^ kLatencyStream, stream);
  std::vector<Action> actions = draw_actions(params_, draw_turns(params_, shape), shape);

  AgentEpisode out;
  out.session.episode = EpisodeId{index};
  const std::int32_t prompt = params_.system_tokens + tokens(params_.question, lengths);
  const std::int32_t answer = tokens(params_.answer, lengths);
  const std::int32_t last_thought = tokens(params_.thought, lengths);
  std::int64_t context = std::int64_t{prompt} + answer + last_thought;
  Writer writer(out.session, prompt);
  for (std::size_t turn = 0; turn < actions.size(); ++turn) {
    const Lengths drawn = draw_lengths(params_, actions[turn], lengths);
    context += drawn.thought + drawn.call + drawn.response;
    if (context > params_.context_limit) {
      actions.resize(turn);
      break;
    }
    const double seconds = std::min(params_.tool_latency_s.draw(latency), 9e9);
    writer.call(actions[turn], drawn, static_cast<Nanoseconds>(std::llround(seconds * 1e9)));
  }
  writer.answer(last_thought, answer);
  out.responses = draw_last_uses(params_, actions, uses);
  return out;
}

}  // namespace pagequest::simulator
