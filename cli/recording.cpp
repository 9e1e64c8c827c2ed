// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/recording.h"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "analyzer/number_list.h"
#include "base/error.h"
#include "base/joined.h"
#include "cli/byte_budget.h"
#include "cli/load_model.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/version.h"
#include "engine/agent/chat/registry.h"
#include "engine/kv/policies/registry.h"
#include "engine/model/model.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/engine_config.h"
#include "tracer/recorder.h"
#include "traces/header.h"

namespace pagequest::cli {
namespace {

/// The oracle and the model both name cursors; the same policy carries either's commands out.
agent::AgentConfig with_memory(const RecordingConfig& config) {
  agent::AgentConfig agent = config.agent;
  const bool oracle = config.policy == kHindsight;
  agent.policy.name = oracle ? "sidequest" : config.policy;
  if (oracle) {
    agent.memory = agent::Memory::hindsight;
  } else if (kv::find_policy(agent.policy.name).names_by_model) {
    agent.memory = agent::Memory::auxiliary;
  }
  return agent;
}

traces::Captures captures_of(const runtime::EngineConfig& engine, const model::ModelConfig& model,
                             const kv::PolicySpec& policy) {
  const kv::PolicyNeeds needs = kv::needs_of(policy);
  const bool head_evictions = needs.sharing != kv::Sharing::all;
  if (!engine.capture) {
    return {.head_evictions = head_evictions,
            .requantisations = needs.requantises,
            .key_reads = needs.reads};
  }
  const runtime::CaptureOptions& options = engine.capture_options;
  return {.sink_share = model.attention_sinks,
          .query_heads = options.query_heads,
          .query_cosine = options.query_cosine,
          .key_bounds = options.key_bounds,
          .head_evictions = head_evictions,
          .requantisations = needs.requantises,
          .key_reads = needs.reads,
          .thresholds = options.thresholds};
}

traces::Header header_of(const RecordingConfig& config, const agent::AgentConfig& agent,
                         const model::Model& model) {
  RecordingConfig resolved = config;
  const auto& shape = model.config();
  traces::Header header;
  header.model = model.name() + "@" + model.weights_hash();
  header.task = agent.task;
  header.setting = agent.setting;
  header.policy = config.policy;
  header.policy_params = kv::resolved_params(agent.policy);
  header.budget_tokens = agent.policy.budget_tokens;
  header.seed = agent.seed;
  header.page_size = config.engine.page_size;
  header.layers = shape.layers;
  header.query_heads = shape.query_heads;
  header.kv_heads = shape.kv_heads;
  header.head_dim = shape.head_dim;
  header.prefill_rows = config.engine.prefill_rows;
  header.episodes_planned = agent.episodes;
  const runtime::EngineConfig engine = runtime::resolve(engine_config(config), model);
  header.kv_storage = to_string(engine.kv_storage);
  header.kv_tables = to_string(engine.kv_tables);
  header.windows = shape.windows;
  header.captures = captures_of(engine, shape, agent.policy);
  resolved.agent = agent;
  // The number of threads changes no byte of a trace, so it must not be one.
  resolved.engine.threads = 0;
  header.config_json = resolved_json(recording_options(resolved));
  header.version = version();
  header.commit = commit();
  return header;
}

void refuse_captures_without_attention(const RecordingConfig& config) {
  if (config.attention) return;
  const runtime::CaptureOptions& options = config.engine.capture_options;
  const std::string wanted = options.query_heads          ? "query-heads"
                             : options.query_cosine       ? "query-cosine"
                             : options.key_bounds         ? "key-bounds"
                             : !config.thresholds.empty() ? "thresholds"
                                                          : "";
  if (wanted.empty()) return;
  throw usage_error({.what = "an option about attention that is not recorded",
                     .where = "option --" + wanted,
                     .found = "--no-attention beside it",
                     .expected = "one of the two",
                     .hint = {}});
}

}  // namespace

std::vector<Option> recording_options(RecordingConfig& config) {
  auto& agent = config.agent;
  auto& engine = config.engine;
  return {
      {"model",
       "folder of a checkpoint: config.json, tokenizer.json, model.safetensors or its shards",
       &config.model},
      {"weights", kWeightsHelp, &config.weights},
      {"task", "task to play, see `pagequest list tasks`", &agent.task},
      {"setting", "setting of the task", &agent.setting},
      {"prompts", "file of task prompts: JSON lines with `prompt` or `messages`",
       &agent.files.prompts},
      {"questions", "file of task corpus: JSON lines with `question` and `answer`",
       &agent.files.questions},
      {"corpus", "documents of task corpus, made by `pagequest corpus build`", &agent.files.corpus},
      {"view-tokens", "tokens of one display of a document of task corpus",
       &agent.files.view_tokens},
      {"chat",
       "chat format: " + joined(agent::chat::format_names()) +
           "; auto goes by the tokenizer's tokens",
       &agent.chat},
      {"thinking", "let models think whose format has a switch for it (Qwen3)",
       &agent.chat_settings.thinking},
      {"effort", "reasoning effort of gpt-oss: low, medium or high", &agent.chat_settings.effort},
      {"chat-date",
       "date in the system message, as the format writes it; empty: a fixed day of the format's "
       "own",
       &agent.chat_settings.date},
      {"episodes", "number of episodes; -1: all lines of the task's file, or 1", &agent.episodes},
      {"first-episode", "index of the first episode in the task's sequence", &agent.first_episode},
      {"seed", "seed of the task, and of sampling", &agent.seed},
      {"policy", "eviction policy, see `pagequest list policies`, or hindsight", &config.policy},
      {"policy-param", "parameter of the policy", &agent.policy.params},
      {"budget", "tokens that a budget policy keeps of one sequence, or that a head reads",
       &agent.policy.budget_tokens},
      {"budget-bytes", "the same in bytes of keys and values over all layers; 0: budget decides",
       &config.budget_bytes},
      {"aux-interval", "turns between auxiliary threads (SideQuest's K)", &agent.aux_interval},
      {"aux-at-turn-zero", "fork at turn 0 as well", &agent.aux_at_turn_zero},
      {"aux-max-tokens", "tokens that an auxiliary thread may generate; -1: the task's own limit",
       &agent.aux_max_tokens},
      {"aux-instructions",
       "tell an auxiliary thread what to do, beside the trigger phrase; for untrained models",
       &agent.chat_settings.aux_instructions},
      {"turn-limit", "turns of an episode", &agent.turn_limit},
      {"turn-max-tokens",
       "tokens that the model may generate in one turn; -1: the task's own limit",
       &agent.turn_max_tokens},
      {"context-limit", "positions of an episode", &agent.context_limit},
      {"temperature", "of sampling; 0 is greedy", &agent.sampling.temperature},
      {"top-p", "nucleus of sampling", &agent.sampling.top_p},
      {"concurrency", "episodes in flight", &agent.concurrency},
      {"page-size", "tokens of a KV page, at most 64", &engine.page_size},
      {"pool-pages", "KV pages of each group of layers", &engine.pool_pages},
      {"pool-bytes", "bytes of the KV pool, instead of its pages; 0: pool-pages decides",
       &engine.pool_bytes},
      {"kv-storage", "keys and values as auto (f32 for weights in f32, else bf16), f32, bf16, int8",
       &config.kv_storage},
      {"kv-tables",
       "page tables: shared, per_layer, per_head, or auto for what the policy's choice takes",
       &config.kv_tables},
      {"prefix-sharing", "share the KV pages of equal beginnings", &engine.prefix_sharing},
      {"compact-pages", "let KV pages that lost tokens share memory", &engine.compact_pages},
      {"max-batch-tokens", "tokens of one engine iteration", &engine.max_batch_tokens},
      {"prefill-chunk", "tokens of one sequence's prefill in one iteration", &engine.prefill_chunk},
      {"prefill-rows", "last rows of a prefill chunk whose attention is captured",
       &engine.prefill_rows},
      {"threads", "worker threads, 0 for all cores; the trace does not depend on it",
       &engine.threads},
      {"device", "what computes: cpu, cuda, or auto for a GPU if there is one", &config.device},
      {"policy-lag",
       "steps by which a budget policy's decisions take effect late; -1: 0 on cpu, 1 on cuda",
       &config.policy_lag},
      {"attention", "record attention per page", &config.attention},
      {"query-heads", "record it for each query head too", &engine.capture_options.query_heads},
      {"thresholds", "record the tokens whose probability reaches these, such as 0.01,0.1",
       &config.thresholds},
      {"query-cosine", "record the cosine of each step's query with that of the step before",
       &engine.capture_options.query_cosine},
      {"kernel-times",
       "time what computes: off, auto, on a GPU cupti or events, on the processor host",
       &config.kernel_times.clock},
      {"ceilings", "measure what the processor can do at most, beside the kernel times",
       &config.kernel_times.ceilings},
      {"key-bounds", "record the bounds of each page's keys", &engine.capture_options.key_bounds},
  };
}

agent::AgentConfig agent_config(const RecordingConfig& config) {
  agent::AgentConfig agent = with_memory(config);
  agent.sampling.seed = agent.seed;
  return agent;
}

runtime::EngineConfig engine_config(const RecordingConfig& config) {
  refuse_captures_without_attention(config);
  runtime::EngineConfig engine = config.engine;
  engine.device = runtime::resolve(runtime::device_named(config.device));
  runtime::require(engine.device);
  if (config.policy_lag != -1) engine.policy_lag_steps = config.policy_lag;
  engine.keep_logits = false;
  engine.capture = config.attention;
  engine.kv_storage = runtime::kv_storage_named(config.kv_storage);
  if (config.kv_tables != "auto") engine.kv_tables = runtime::kv_tables_named(config.kv_tables);
  if (!config.thresholds.empty()) {
    const auto numbers = analyzer::parse_ascending("thresholds", config.thresholds, 1e-6, 1.0);
    engine.capture_options.thresholds.assign(numbers.begin(), numbers.end());
  }
  const kv::PolicySpec policy = with_memory(config).policy;
  const runtime::KvTables asked = engine.kv_tables;
  engine = runtime::fitted(engine, policy);
  require_kernel_times(config.kernel_times, engine);
  if (config.kv_tables != "auto") engine.kv_tables = asked;
  return engine;
}

RecordingConfig with_device(RecordingConfig config, const model::Model& model) {
  const auto engine = runtime::resolve(engine_config(config), model);
  config.device = to_string(engine.device);
  config.policy_lag = *engine.policy_lag_steps;
  if (config.budget_bytes != 0) {
    std::int32_t& budget = config.agent.policy.budget_tokens;
    budget = tokens_in_budget(std::exchange(config.budget_bytes, 0), budget,
                              kv_bytes_of_token(engine, model.config()));
  }
  return config;
}

RecordingConfig with_noted_device(RecordingConfig config, const model::Model& model) {
  config = with_device(std::move(config), model);
  note("device " + config.device + ", policy lag " + std::to_string(config.policy_lag));
  return config;
}

agent::AgentConfig check_recording(const RecordingConfig& config, const model::Model& model) {
  const auto agent = agent_config(config);
  const auto engine = runtime::resolve(engine_config(config), model);
  (void)runtime::controller_for(agent.policy, engine, model.config());
  return agent::resolve(agent, *agent::open_source(agent, model.tokenizer()), model);
}

RecordingResult record(const RecordingConfig& asked, const model::Model& model,
                       const std::filesystem::path& trace, InterruptGuard& interrupt) {
  const RecordingConfig config = with_device(asked, model);
  runtime::EngineConfig engine = runtime::resolve(engine_config(config), model);
  const std::shared_ptr<const agent::TaskSource> source =
      agent::open_source(config.agent, model.tokenizer());
  const auto agent = agent::resolve(agent_config(config), *source, model);

  const auto timer = make_timer(config.kernel_times, engine);
  traces::Header header = header_of(config, agent, model);
  tracer::RecorderOptions options;
  if (timer) {
    header.kernel_timing = timing_of(config.kernel_times, *timer->timer, engine, model);
    engine.observer = options.kernels = timer->timer.get();
  }
  tracer::Recorder recorder(trace, header, options);
  agent::Runner runner(model, engine, agent, source, recorder);
  ProgressLine line("recording " + config.policy);
  const auto begin = std::chrono::steady_clock::now();
  RecordingResult result;
  result.totals = runner.run([&](std::int32_t ended, std::int32_t planned) {
    line.show(ended, planned, "episodes");
    return !interrupt.requested();
  });
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  line.done();
  recorder.close();
  if (timer) note(tracer::summary(*timer));
  return result;
}

}  // namespace pagequest::cli
