// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/event_sink.h"
#include "base/events.h"
#include "base/ids.h"
#include "base/operation.h"
#include "engine/kv/eviction_controller.h"
#include "engine/ops/cpu/isa.h"
#include "engine/runtime/inspection.h"
#include "engine/runtime/kv_groups.h"

namespace pagequest::model {
class Model;
}

namespace pagequest::runtime {

struct BackendMaker;

/// What computes. `automatic`: a GPU if the build and the machine have one, else the processor.
enum class Device : std::uint8_t { automatic, cpu, cuda };

[[nodiscard]] std::string_view to_string(Device device);
/// Throws usage_error that lists the valid names.
[[nodiscard]] Device device_named(std::string_view name);

/// Storage of keys and values. `automatic`: f32 for weights in f32, else bf16.
enum class KvStorage : std::uint8_t { automatic, f32, bf16, int8 };

[[nodiscard]] std::string_view to_string(KvStorage storage);
/// Throws usage_error that lists the valid names.
[[nodiscard]] KvStorage kv_storage_named(std::string_view name);

/// What PagesAttended carries beside mean and max, and whether KeysBounded events are sent.
struct CaptureOptions {
  bool query_heads = false;       // masses per query head
  std::vector<float> thresholds;  // probabilities, ascending: sets of tokens that reach them
  bool query_cosine = false;
  bool key_bounds = false;
};

struct EngineConfig {
  std::int32_t page_size = 16;      // tokens, at most 64
  std::int32_t pool_pages = 16384;  // of each KV group: tokens of the pool / page_size
  std::int64_t pool_bytes = 0;      // of keys and values, all groups; 0: pool_pages decides
  KvStorage kv_storage = KvStorage::automatic;
  KvTables kv_tables = KvTables::shared;
  bool prefix_sharing = false;  // sequences share the pages of equal beginnings
  /// Whether pages that lost tokens share physical pages, so that evictions inside of pages free
  /// memory: before a pass, what is left of the sparsest pages moves into free rows of others.
  /// ThinKV (arXiv 2510.01290) sets gathering what is left, as R-KV (arXiv 2505.24133) does,
  /// against writing new tokens into the holes. Here tokens move, but only where that frees a page.
  bool compact_pages = false;
  std::int32_t max_batch_tokens = 512;  // tokens of one iteration over all sequences
  std::int32_t prefill_chunk = 64;      // most prompt tokens of one sequence in one iteration
  std::int32_t prefill_rows = 8;        // rows of a chunk whose attention is captured
  std::int32_t threads = 0;             // 0: all cores; results do not depend on it
  std::optional<ops::Isa> isa;          // of the kernels; none: the fastest that runs here
  /// Smaller weights are taken to stay in a core's caches: a thread takes whole sequences then, and
  /// shares each operation with the others else. Results do not depend on it.
  std::int64_t cached_weight_bytes = std::int64_t{16} << 20;
  Device device = Device::cpu;
  /// Steps by which a budget policy's decision takes effect later than it is made: with 1 a GPU
  /// computes the next step while the host reads the attention of the last one and decides. None:
  /// 0 on the processor, 1 on a GPU. The same lag gives the same victims on any device.
  std::optional<std::int32_t> policy_lag_steps;
  /// Whether a step's events are sent while the next one is computed; takes a lag. None: on a GPU
  /// with a lag. Neither tokens nor events depend on it, only when events come.
  std::optional<bool> overlap;
  bool keep_logits = true;                // for last_logits(); on a GPU each step then copies them
  OperationObserver* observer = nullptr;  // must outlive the engine
  bool capture = true;                    // off: no PagesAttended events
  CaptureOptions capture_options;
  /// Whether a box around each page's keys is kept, for policies that select what is read.
  bool page_bounds = false;
};

struct Sampling {
  float temperature = 0.0F;  // 0: greedy
  float top_p = 1.0F;
  std::uint64_t seed = 0;  // draws are keyed by (seed, position), not by batch or order
};

struct SampledToken {
  SequenceId sequence;
  std::int32_t token;
};

/// Physical pages; a page of a sequence takes one for each KV group.
struct PoolUsage {
  std::int32_t used_pages;
  std::int32_t total_pages;
  std::int64_t page_bytes;   // keys and values of one
  std::int64_t preemptions;  // so far: sequences that lost their pages and recompute them
};

/// Continuous batching over a paged KV cache. Every iteration runs one batch: one token of each
/// decoding sequence and a chunk of each sequence that has a longer input queued. A sequence whose
/// queued input has all been processed gives one sampled token and then idles until more is
/// appended: the caller decides whether the sampled token, a tool's response or both go on.
///
/// Deterministic: the same calls give the same tokens, attention and events, bit for bit, with any
/// number of threads, whatever runs beside a sequence, and with any pool in which it fits: when the
/// pool is exhausted, sequences lose their pages and recompute them later without a trace
/// (scheduler.h says which). Only TokensFilled::iteration tells. Another instruction set gives
/// other roundings. So does compact_pages, because sums go by the rows that tokens lie in: when
/// they move may depend on who else holds a page (forks, cached prefixes) and, with policies that
/// evict between steps, on a preemption.
///
/// With prefix_sharing a new sequence takes the pages of the longest beginning of its prompt, in
/// full pages, that another one computed before any eviction. A first step without PagesAttended
/// announces these tokens; the rest of the prompt follows. How many they are depends on what the
/// pool still holds, and with it what a policy that reads attention decides.
///
/// With EngineConfig::overlap the events of the last step are held back until the next call that
/// sends or reads something which comes after them: all but append() and what only reads positions,
/// pages and logits. They come in the same order as without.
///
/// When the sink throws, the call that sent the event throws it once the engine is in order: it can
/// go on, but the sink has missed the events of that call from there on.
class Engine {
 public:
  /// `model` and `sink` must outlive the engine. Throws usage_error on an impossible configuration.
  Engine(const model::Model& model, const EngineConfig& config, EventSink& sink);
  /// On a backend of the caller's choice, for config.device.
  Engine(const model::Model& model, const EngineConfig& config, EventSink& sink,
         const BackendMaker& maker);
  /// Events that are held back are not sent.
  ~Engine();

  /// Starts the main thread of an episode with `prompt` queued. Throws as EvictionController does,
  /// and usage_error when the prompt is longer than the model's context or does not fit into the
  /// pool.
  SequenceId add(EpisodeId episode, std::span<const std::int32_t> prompt, const Sampling& sampling,
                 const kv::PolicySpec& policy);

  /// What add() would throw for a prompt of so many tokens because of the pool.
  void check_prompt(EpisodeId episode, std::int64_t tokens, const kv::PolicySpec& policy) const;

  /// Starts the auxiliary thread of `parent`'s episode, sharing all of the parent's pages that are
  /// filled so far (copy on write), with `input` queued. Its positions go on from the parent's
  /// next position. Never evicted from. Evictions from the parent leave its view untouched.
  SequenceId fork(SequenceId parent, std::span<const std::int32_t> input, const Sampling& sampling);

  /// Queues tokens at the sequence's next positions.
  void append(SequenceId sequence, std::span<const std::int32_t> tokens);

  /// Frees the sequence and its pages.
  void release(SequenceId sequence);

  /// Passes an event of the agent (turns, tool responses, joins) to the sequence's controller and
  /// to the sink.
  void notify(SequenceId main_sequence, const Event& event);

  /// Applies the policy's decision of a turn boundary. Also called by step() at each step's end.
  void turn_boundary(SequenceId main_sequence, std::int32_t turn);

  /// Drops the live tokens of `span`, which were computed, from one KV group of a sequence: for
  /// policies that choose per head, with KvTables::per_head. Emits no event.
  void evict(SequenceId sequence, std::int32_t group, TokenSpan span);

  /// One iteration. Empty when no sequence has queued input, or when it only recomputed. Tokens
  /// come in the order of SequenceId. Throws usage_error when a sequence does not fit into the pool
  /// alone, input_error when the model computes a logit that is not finite.
  [[nodiscard]] std::span<const SampledToken> step();

  /// Sends the events that are held back.
  void flush();

  [[nodiscard]] bool has_queued_input() const;
  /// Position that the next appended token gets: queued tokens count, processed or not.
  [[nodiscard]] std::int32_t next_position(SequenceId sequence) const;
  /// Live tokens that the attention kind with the longest reach still holds.
  [[nodiscard]] std::int32_t live_tokens(SequenceId sequence) const;
  /// Tokens of an auxiliary sequence behind its fork point; all live tokens of a main one.
  [[nodiscard]] std::int32_t own_tokens(SequenceId sequence) const;
  /// Logical pages of a sequence that are mapped to a physical page.
  [[nodiscard]] std::int32_t mapped_pages(SequenceId sequence) const;
  [[nodiscard]] PoolUsage pool_usage() const;
  [[nodiscard]] const KvGroups& kv_groups() const;
  /// What every physical page in use holds, and for whom. Changes nothing.
  [[nodiscard]] Inspection inspect() const;
  /// Steps so far of one thread (PagesAttended::step of its next one).
  [[nodiscard]] std::int32_t steps(SequenceId sequence) const;
  /// Logits of the last processed token of a sequence, (vocabulary); for tests. Empty without
  /// EngineConfig::keep_logits.
  [[nodiscard]] std::span<const float> last_logits(SequenceId sequence) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagequest::runtime
