// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The tasks prompts and corpus from end to end, on random weights.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/agent/runner.h"
#include "engine/agent/tasks/corpus/build.h"
#include "tests/support/babbling_model.h"
#include "tests/support/pocket_run.h"
#include "tests/support/temporary_folder.h"

using namespace pagequest;
using pagequest::testing::PocketRun;
using pagequest::testing::TemporaryFolder;

namespace {

const std::string kSample = "engine/agent/tasks/sample_corpus/";

const model::Model& babbler() {
  static const model::Model kModel = testing::babbling_model();
  return kModel;
}

PocketRun play(const agent::AgentConfig& config) {
  traces::EventCollector collector;
  agent::Runner runner(babbler(), {.capture = false}, config, collector);
  auto totals = runner.run([](auto, auto) { return true; });
  return {.totals = std::move(totals), .events = std::move(collector.events)};
}

class Files {
 public:
  Files() {
    agent::build_corpus(kSample + "documents.jsonl", folder_ / "c.sqlite");
    std::ofstream(folder_ / "p.jsonl")
        << "{\"prompt\": \"w10 w11\", \"max_tokens\": 3}\n"
           "{\"prompt\": \"w12\"}\n"
           "{\"messages\": [{\"role\": \"system\", \"content\": "
           "\"w13\"}, {\"role\": \"user\", \"content\": \"w14\"}]}\n";
  }
  [[nodiscard]] agent::AgentConfig prompts() const {
    agent::AgentConfig config;
    config.task = "prompts";
    config.files.prompts = (folder_ / "p.jsonl").string();
    config.turn_max_tokens = 40;
    return config;
  }
  [[nodiscard]] agent::AgentConfig corpus() const {
    agent::AgentConfig config;
    config.task = "corpus";
    config.files = {.questions = kSample + "questions.jsonl",
                    .corpus = (folder_ / "c.sqlite").string(),
                    .view_tokens = 12};
    config.sampling = {.temperature = 50.0F, .top_p = 1.0F, .seed = 3};
    config.turn_max_tokens = 30;
    return config;
  }

 private:
  TemporaryFolder folder_;
};

const Files& files() {
  static const Files kFiles;
  return kFiles;
}

agent::AgentConfig with_memory() {
  auto config = files().corpus();
  config.memory = agent::Memory::auxiliary;
  config.policy.name = "sidequest";
  config.aux_interval = 1;
  config.aux_max_tokens = 40;
  return config;
}

/// Draws at a position are the same in all episodes of a seed, so several seeds are needed.
const std::vector<PocketRun>& remembered() {
  static const std::vector<PocketRun> kRuns = [] {
    std::vector<PocketRun> runs;
    auto config = with_memory();
    for (config.sampling.seed = 1; config.sampling.seed <= 10; ++config.sampling.seed) {
      runs.push_back(play(config));
    }
    return runs;
  }();
  return kRuns;
}

/// Tokens of the main thread by episode and position.
std::map<EpisodeId, std::vector<std::int32_t>> main_tokens(const PocketRun& run) {
  std::map<EpisodeId, std::vector<std::int32_t>> out;
  for (const auto& owned : run.events) {
    const Event event = owned.view();
    const auto* fill = std::get_if<TokensFilled>(&event);
    if (fill == nullptr || fill->thread != Thread::main) continue;
    out[fill->episode].insert(out[fill->episode].end(), fill->tokens.begin(), fill->tokens.end());
  }
  return out;
}

std::string text_at(const std::vector<std::int32_t>& tokens, TokenSpan span) {
  const auto last = std::min<std::ptrdiff_t>(span.end(), std::ssize(tokens));
  return babbler().tokenizer().decode(std::vector<std::int32_t>(
      tokens.begin() + std::min<std::ptrdiff_t>(span.first, last), tokens.begin() + last));
}

std::size_t count_of(const PocketRun& run, Outcome outcome) {
  const auto& episodes = run.totals.episodes;
  return static_cast<std::size_t>(std::count_if(
      episodes.begin(), episodes.end(), [&](const auto& e) { return e.outcome == outcome; }));
}

}  // namespace

TEST_CASE("Prompts: every line is an episode of one turn") {
  const auto run = play(files().prompts());
  CHECK(run.totals.episodes.size() == 3);
  CHECK(run.all<EpisodeBegan>().size() == 3);
  const auto turns = run.all<TurnBegan>();
  CHECK(turns.size() == 3);
  for (const auto& turn : turns) CHECK(turn.turn == 0);
  for (const auto& episode : run.totals.episodes) CHECK(episode.calls == 0);
}

TEST_CASE("Prompts: a generation that is cut short reached its limit, one that ends is complete") {
  auto config = files().prompts();
  config.sampling = {.temperature = 1.0F, .top_p = 1.0F, .seed = 1};
  const auto run = play(config);
  CHECK(count_of(run, Outcome::complete) + count_of(run, Outcome::turn_limit) == 3);
  CHECK(count_of(run, Outcome::complete) > 0);
  config.turn_max_tokens = 1;
  config.sampling.temperature = 0;
  CHECK(count_of(play(config), Outcome::turn_limit) >= 1);
}

TEST_CASE("Prompts: the limit of a line holds for its episode alone") {
  auto config = files().prompts();
  config.first_episode = 0;
  config.episodes = 1;
  const auto run = play(config);
  const auto tokens = main_tokens(run).at(EpisodeId{0});
  CHECK(tokens.size() <= 2 + 3);
}

TEST_CASE("Episodes beyond the file's lines are refused") {
  auto config = files().prompts();
  config.episodes = 4;
  CHECK_THROWS_WITH(play(config), Catch::Contains("indices from 0 to 2"));
  config.first_episode = 2;
  config.episodes = agent::kAllEpisodes;
  CHECK(play(config).totals.episodes.size() == 1);
  config.first_episode = 3;
  CHECK_THROWS_AS(play(config), Error);
}

TEST_CASE("Hindsight is refused without an expert, a chat format where the task has its own") {
  auto config = files().corpus();
  config.memory = agent::Memory::hindsight;
  CHECK_THROWS_WITH(play(config), Catch::Contains("task `corpus`"));
  config = files().corpus();
  config.chat = "chatlm";
  CHECK_THROWS_WITH(play(config), Catch::Contains("did you mean `chatml`"));
  agent::AgentConfig pocket;
  pocket.chat = "chatml";
  traces::EventCollector collector;
  CHECK_THROWS_WITH(agent::Runner(testing::pocket_model(), {}, pocket, collector),
                    Catch::Contains("format of its own"));
}

TEST_CASE("Corpus: calls and responses lie where the trace says") {
  std::set<std::string> tools;
  std::size_t errors = 0;
  for (const auto& run : remembered()) {
    const auto tokens = main_tokens(run);
    for (const auto& owned : run.events) {
      const Event event = owned.view();
      const auto* tool = std::get_if<ToolResponded>(&event);
      if (tool == nullptr) continue;
      const auto& main = tokens.at(tool->episode);
      if (static_cast<std::size_t>(tool->response.end()) > main.size()) continue;
      const std::string call = text_at(main, tool->call);
      CHECK(call.rfind("<tool_call>{\"name\":\"" + std::string(tool->tool), 0) == 0);
      CHECK(tool->call.count == 1);
      const std::string response = text_at(main, tool->response);
      CHECK(response.rfind("Tool:", 0) == 0);
      CHECK(response.find("Tool:", 1) == std::string::npos);
      tools.insert(std::string(tool->tool));
      errors += tool->cursor < 0 ? 1 : 0;
    }
  }
  CHECK(tools.contains("search"));
  CHECK(tools.contains("open"));
  CHECK(errors > 0);
}

TEST_CASE("Corpus: auxiliary threads join, and malformed commands are counted") {
  std::ptrdiff_t parsed = 0;
  std::ptrdiff_t malformed = 0;
  for (const auto& run : remembered()) {
    for (const auto& join : run.all<AuxJoined>()) ++(join.parsed ? parsed : malformed);
    CHECK(run.all<AuxForked>().size() >= run.all<AuxJoined>().size());
  }
  CHECK(parsed > 0);
  CHECK(malformed > 0);
}

TEST_CASE("Corpus: a command deletes exactly the responses that it names") {
  std::size_t evictions = 0;
  for (const auto& run : remembered()) {
    std::map<std::pair<EpisodeId, std::int32_t>, TokenSpan> responses;
    std::map<EpisodeId, std::vector<TokenSpan>> named;
    for (const auto& owned : run.events) {
      const Event event = owned.view();
      if (const auto* tool = std::get_if<ToolResponded>(&event)) {
        responses[{tool->episode, tool->cursor}] = tool->response;
      } else if (const auto* join = std::get_if<AuxJoined>(&event)) {
        auto& spans = named[join->episode];
        spans.clear();
        for (const auto c : join->cursors) spans.push_back(responses.at({join->episode, c}));
      } else if (const auto* evicted = std::get_if<TokensEvicted>(&event)) {
        const auto& spans = named[evicted->episode];
        CHECK(std::find(spans.begin(), spans.end(), evicted->span) != spans.end());
        CHECK(evicted->tokens == evicted->span.count);
        ++evictions;
      }
    }
  }
  CHECK(evictions > 0);
}

TEST_CASE("Corpus: each way in which an episode can end is told apart") {
  CHECK(count_of(play(files().corpus()), Outcome::complete) > 0);
  auto config = files().corpus();
  config.turn_limit = 1;
  CHECK(count_of(play(config), Outcome::turn_limit) > 0);
  config = files().corpus();
  config.turn_max_tokens = 1;
  CHECK(count_of(play(config), Outcome::unparsable) > 0);
  config = files().corpus();
  config.context_limit = 300;
  CHECK(count_of(play(config), Outcome::context_limit) > 0);
}

TEST_CASE("A prompt that leaves no room in the context is refused by its episode") {
  auto config = files().corpus();
  config.first_episode = 2;
  config.context_limit = 100;
  CHECK_THROWS_WITH(play(config),
                    Catch::Contains("episode 2") && Catch::Contains("fewer than 100"));
}

TEST_CASE("A prompt that the KV pool can't hold is refused before the run") {
  auto config = files().corpus();
  config.first_episode = 1;
  traces::EventCollector collector;
  CHECK_THROWS_WITH(
      agent::Runner(babbler(), {.pool_pages = 2, .capture = false}, config, collector),
      Catch::Contains("episode 1") && Catch::Contains("larger than the KV page pool"));
  CHECK(collector.events.empty());
}

TEST_CASE("Text tasks leave more room for a turn than the pocket task") {
  auto config = files().corpus();
  config.turn_max_tokens = agent::kTaskLimit;
  const auto source = agent::open_source(config, babbler().tokenizer());
  const auto resolved = agent::resolve(config, *source, babbler());
  CHECK(resolved.turn_max_tokens == 4096);
  CHECK(resolved.aux_max_tokens == 1024);
  CHECK(resolved.chat == "plain");
}

TEST_CASE("Corpus: no thread grows beyond the context limit") {
  auto config = with_memory();
  config.context_limit = 420;
  for (const auto& owned : play(config).events) {
    const Event event = owned.view();
    const auto* fill = std::get_if<TokensFilled>(&event);
    if (fill == nullptr) continue;
    CHECK(fill->first + std::ssize(fill->tokens) <= config.context_limit);
  }
}
