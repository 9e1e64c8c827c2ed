// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/cell.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/evaluation/core_clock.h"
#include "cli/evaluation/custom_task.h"
#include "cli/evaluation/written_tokens.h"
#include "cli/recording.h"
#include "cli/version.h"
#include "engine/agent/runner.h"
#include "engine/kv/policies/registry.h"
#include "engine/model/model.h"
#include "engine/runtime/engine_config.h"
#include "notebooks_export/atomic_file.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int32_t kAuditPageTokens = 16;
/// Episodes in flight. More of them read the weights less often, which a pocket model's cache holds
/// anyway, and push each other's keys and values out of it.
constexpr std::int32_t kConcurrency = 4;

agent::AgentConfig agent_of(const CellSpec& spec) {
  if (spec.custom) return agent_config(config_of(spec));
  RecordingConfig config;
  config.policy = spec.policy.policy;
  config.agent.task = spec.task.task;
  config.agent.setting = spec.task.setting;
  config.agent.seed = spec.seed;
  config.agent.episodes = spec.episodes;
  config.agent.concurrency = kConcurrency;
  config.agent.policy.params = spec.policy.params;
  config.agent.policy.budget_tokens = spec.budget_tokens;
  return agent_config(config);
}

runtime::EngineConfig engine_of(const CellSpec& spec, const agent::AgentConfig& agent) {
  if (spec.custom) return engine_config(config_of(spec));
  runtime::EngineConfig engine;
  engine.page_size = spec.policy.page_size;
  engine.pool_pages = (1 << 18) / engine.page_size;
  engine.threads = 1;
  engine.keep_logits = false;
  engine.capture = kv::needs_of(agent.policy).attention;
  return runtime::fitted(engine, agent.policy);
}

/// Audits each episode as it ends.
class Audited final : public EventSink {
 public:
  explicit Audited(const model::ModelConfig& model, bool keeps_text)
      : audit_({.layers = model.layers, .kv_heads = model.kv_heads}, kAuditPageTokens),
        keeps_text_(keeps_text) {}

  void on(const Event& event) override {
    audit_.on(event);
    if (keeps_text_) written_.on(event);
    if (const auto* ended = std::get_if<EpisodeEnded>(&event)) {
      const EpisodeId id = ended->episode;
      episodes_[id] = {.ended = *ended, .occupancy = audit_.take(id), .written = written_.take(id)};
    }
  }
  [[nodiscard]] bool wants_attention() const override { return false; }

  [[nodiscard]] std::vector<EvaluatedEpisode> take() {
    std::vector<EvaluatedEpisode> episodes;
    for (auto& [id, episode] : episodes_) episodes.push_back(std::move(episode));
    return episodes;
  }

 private:
  kv::OccupancyAudit audit_;
  bool keeps_text_;
  WrittenTokens written_;
  std::map<EpisodeId, EvaluatedEpisode> episodes_;
};

json spec_json(const CellSpec& spec, const model::Model& model) {
  json document = {{"model", model.name() + "@" + model.weights_hash()},
                   {"task", spec.task.task},
                   {"setting", spec.task.setting},
                   {"policy", spec.policy.policy},
                   {"params", spec.policy.params},
                   {"page_size", spec.policy.page_size},
                   {"budget_tokens", spec.budget_tokens},
                   {"seed", spec.seed},
                   {"episodes", spec.episodes}};
  if (spec.custom) document["options"] = json::parse(spec.custom->key);
  return document;
}

/// The numbers of an episode by their names, the same for writing and reading.
template <class Episode, class Visit>
void for_each_number(Episode& episode, Visit visit) {
  auto& ended = episode.ended;
  auto& held = episode.occupancy;
  visit("episode", ended.episode.value);
  visit("outcome", ended.outcome);
  visit("correct", ended.correct);
  visit("strict", ended.strict);
  visit("turns", ended.turns);
  visit("calls", ended.calls);
  visit("needed_calls", ended.needed_calls);
  visit("aux_tokens", ended.aux_tokens);
  visit("decode_steps", held.decode_steps);
  visit("mean_tokens", held.mean_tokens);
  visit("peak_tokens", held.peak_tokens);
  visit("peak_tokens_with_aux", held.peak_tokens_with_aux);
  visit("mean_page_tokens", held.mean_page_tokens);
  visit("peak_page_tokens", held.peak_page_tokens);
  visit("mean_shared_page_tokens", held.mean_shared_page_tokens);
  visit("peak_shared_page_tokens", held.peak_shared_page_tokens);
  visit("mean_stored_tokens", held.mean_stored_tokens);
  visit("peak_stored_tokens", held.peak_stored_tokens);
  visit("kv_reads_tokens", held.kv_reads_tokens);
  visit("kv_rows_touched_tokens", held.kv_rows_touched_tokens);
  visit("dropped_tokens", held.dropped_tokens);
  visit("has_answer", episode.has_answer);
}

/// Token ids with spaces between them: as a list, each would take a line of the file.
std::string text_of(const std::vector<std::int32_t>& tokens) {
  return fmt::format("{}", fmt::join(tokens, " "));
}

std::vector<std::int32_t> tokens_in(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::int32_t>(in), {}};
}

/// A cell of several threads has the process for itself.
clockid_t clock_of(const CellSpec& spec) {
  const bool has_threads = spec.custom && spec.custom->config.engine.threads != 1;
  return has_threads ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID;
}

fs::path path_of(const CellSpec& spec, const fs::path& folder) {
  return folder / (spec.name() + ".json");
}

[[noreturn]] void throw_other(const fs::path& path, const std::string& what) {
  throw input_error({.what = "a file in the folder is not of this evaluation",
                     .where = path.string(),
                     .found = what,
                     .expected = "a cell with the same settings",
                     .hint = "give another folder, or remove the file"});
}

}  // namespace

std::optional<CellResult> play(const CellSpec& spec, const model::Model& model,
                               const std::function<bool()>& goes_on) {
  const clockid_t clock = clock_of(spec);
  const double begin = core_seconds(clock);
  const agent::AgentConfig agent = agent_of(spec);
  Audited sink(model.config(), spec.custom != nullptr);
  const std::shared_ptr<const agent::TaskSource> source =
      agent::open_source(agent, model.tokenizer());
  agent::Runner runner(model, engine_of(spec, agent), agent, source, sink);
  const auto totals = runner.run([&](std::int32_t, std::int32_t) { return goes_on(); });
  if (totals.interrupted) return std::nullopt;
  CellResult result{
      .episodes = sink.take(), .commit = commit(), .core_seconds = core_seconds(clock) - begin};
  for (EvaluatedEpisode& episode : result.episodes) {
    const auto index = static_cast<std::uint64_t>(episode.ended.episode.value);
    episode.has_answer = source->make(index)->has_answer();
  }
  return result;
}

void write_cell(const CellSpec& spec, const model::Model& model, const CellResult& result,
                const fs::path& folder) {
  json episodes = json::array();
  for (const EvaluatedEpisode& episode : result.episodes) {
    json row = json::object();
    for_each_number(episode, [&row](const char* name, const auto& value) { row[name] = value; });
    if (spec.custom) row["written"] = text_of(episode.written);
    episodes.push_back(std::move(row));
  }
  const json document = {{"cell", spec_json(spec, model)},
                         {"version", version()},
                         {"commit", result.commit},
                         {"core_seconds", result.core_seconds},
                         {"episodes", std::move(episodes)}};
  notebooks_export::write_file(path_of(spec, folder), document.dump(1) + "\n");
}

std::optional<CellResult> read_cell(const CellSpec& spec, const model::Model& model,
                                    const fs::path& folder) {
  const fs::path path = path_of(spec, folder);
  std::ifstream file(path);
  if (!file) return std::nullopt;
  try {
    const json document = json::parse(file);
    if (document.at("cell") != spec_json(spec, model))
      throw_other(path, document.at("cell").dump());
    CellResult result{.episodes = {},
                      .commit = document.at("commit"),
                      .core_seconds = document.at("core_seconds")};
    for (const json& row : document.at("episodes")) {
      EvaluatedEpisode episode{};
      for_each_number(episode, [&row](const char* name, auto& value) {
        value = row.at(name).get<std::remove_reference_t<decltype(value)>>();
      });
      if (spec.custom) episode.written = tokens_in(row.at("written"));
      result.episodes.push_back(std::move(episode));
    }
    return result;
  } catch (const json::exception& error) {
    throw_other(path, error.what());
  }
}

}  // namespace pagequest::cli
