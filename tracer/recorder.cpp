// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/recorder.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "tracer/job_queue.h"
#include "traces/attention_block.h"
#include "traces/recording.h"
#include "traces/recording_builder.h"

namespace pagequest::tracer {
namespace {

using traces::EpisodeRecording;
using traces::RawBlock;
using traces::RecordingBuilder;

struct BlockJob {
  EpisodeId episode;
  std::int32_t number;
  RawBlock block;
};
struct BoundsJob {
  EpisodeId episode;
  traces::KeyBounds bounds;
};
using KernelJob = std::unique_ptr<const traces::KernelBatch>;
using Job = std::variant<BlockJob, BoundsJob, EpisodeRecording, KernelJob>;

/// Operations and runs that go to the file together.
constexpr std::size_t kKernelBatch = std::size_t{1} << 15U;

std::size_t bytes_of(const EpisodeRecording& recording) {
  std::size_t bytes = sizeof recording;
  const auto add = [&bytes](const auto& rows) {
    bytes += rows.size() * sizeof(typename std::remove_cvref_t<decltype(rows)>::value_type);
  };
  std::apply([&](const auto&... rows) { (add(rows), ...); }, recording.tables);
  add(recording.key_bounds);
  add(recording.head_evictions);
  add(recording.requantisations);
  add(recording.key_reads);
  add(recording.keys_read);
  add(recording.first_pages);
  add(recording.sink_shares);
  add(recording.query_cosines);
  return bytes;
}

EpisodeId episode_of(const Event& event) {
  return std::visit([](const auto& e) { return e.episode; }, event);
}

}  // namespace

struct Recorder::State {
  State(const std::filesystem::path& path, const traces::Header& trace_header,
        const RecorderOptions& options)
      : header(trace_header),
        kernels(options.kernels),
        writer(path, trace_header, options.writer),
        queue(options.queue_bytes),
        thread([this] { write_jobs(); }) {
    PQ_CHECK(kernels == nullptr ||
                 (header.kernel_timing && header.kernel_timing->clock == kernels->clock()),
             "the header names the clock of the kernel times");
  }

  void write_jobs() noexcept {
    try {
      while (auto job = queue.pop()) {
        std::visit(
            Overloaded{
                [this](BlockJob& block) {
                  writer.write_block(block.episode, block.number, block.block);
                },
                [this](BoundsJob& bounds) { writer.write_bounds(bounds.episode, bounds.bounds); },
                [this](EpisodeRecording& recording) { writer.write_episode(std::move(recording)); },
                [this](const KernelJob& batch) { writer.write_kernels(*batch); }},
            *job);
      }
    } catch (...) {
      queue.fail(std::current_exception());
    }
  }

  RecordingBuilder& builder_of(EpisodeId episode, bool begins) {
    const auto take_block = [this, episode](std::int32_t number, RawBlock&& block) {
      const std::size_t bytes = block.bytes();
      queue.push(BlockJob{episode, number, std::move(block)}, bytes);
    };
    const auto take_bounds = [this, episode](traces::KeyBounds&& bounds) {
      const std::size_t bytes = (bounds.lowest.size() + bounds.highest.size()) * sizeof(float);
      queue.push(BoundsJob{episode, std::move(bounds)}, bytes);
    };
    if (begins) {
      const bool is_new = builders.try_emplace(episode, header, take_block, take_bounds).second;
      PQ_CHECK(is_new, "an episode begins once");
    }
    const auto builder = builders.find(episode);
    PQ_CHECK(builder != builders.end(), "an episode's first event is EpisodeBegan");
    return builder->second;
  }

  void check_shape(const PagesAttended& attended) const {
    PQ_CHECK(attended.layers == header.layers && attended.kv_heads == header.kv_heads,
             "attention has the layers and heads of the header");
    const std::size_t values = static_cast<std::size_t>(attended.layers) *
                               static_cast<std::size_t>(attended.kv_heads) * attended.pages.size();
    PQ_CHECK(attended.mean.size() == values && attended.max.size() == values,
             "attention has a mean and a maximum a layer, KV head and page");
    check_captures(attended);
  }

  void check_captures(const PagesAttended& attended) const {
    const traces::BlockShape shape = traces::block_shape(header);
    const traces::Captures& captures = header.captures;
    PQ_CHECK(attended.first_page.size() == (header.has_windows() ? header.windows.size() : 0),
             "attention has a first page a layer exactly if the header has windows");
    PQ_CHECK(attended.sink_share.size() == (captures.sink_share ? shape.groups : 0),
             "attention has sink shares exactly if the header says so");
    PQ_CHECK(attended.query_head_mass.size() == shape.query_heads * attended.pages.size(),
             "attention has masses per query head exactly if the header says so");
    PQ_CHECK(std::ranges::equal(attended.thresholds, captures.thresholds) &&
                 attended.tokens_above.size() == shape.thresholds * attended.pages.size(),
             "attention has the token sets of the header's thresholds");
    PQ_CHECK(attended.query_cosine.empty() ||
                 (captures.query_cosine && attended.query_cosine.size() == shape.groups),
             "attention has query cosines only if the header says so");
  }

  void check_shape(const KeysBounded& bounded) const {
    PQ_CHECK(header.captures.key_bounds, "key bounds are sent only if the header says so");
    const std::size_t values =
        traces::block_shape(header).groups * static_cast<std::size_t>(header.head_dim);
    PQ_CHECK(bounded.layers == header.layers && bounded.kv_heads == header.kv_heads &&
                 bounded.head_dim == header.head_dim && bounded.lowest.size() == values &&
                 bounded.highest.size() == values,
             "key bounds have the layers, heads and components of the header");
  }

  void take_kernels() {
    traces::KernelBatch batch = kernels->log().take();
    const std::size_t bytes =
        batch.operations.size() * sizeof(Operation) + batch.runs.size() * sizeof(traces::KernelRun);
    queue.push(std::make_unique<const traces::KernelBatch>(std::move(batch)), bytes);
  }

  /// Everything that was measured.
  void finish_kernels() {
    if (kernels == nullptr) return;
    kernels->finish();
    take_kernels();
  }

  void on(const Event& event) {
    if (kernels != nullptr && kernels->log().waiting() >= kKernelBatch) take_kernels();
    if (const auto* attended = std::get_if<PagesAttended>(&event)) check_shape(*attended);
    if (const auto* bounded = std::get_if<KeysBounded>(&event)) check_shape(*bounded);
    const EpisodeId episode = episode_of(event);
    RecordingBuilder& builder = builder_of(episode, std::holds_alternative<EpisodeBegan>(event));
    builder.on(event);
    if (!std::holds_alternative<EpisodeEnded>(event)) return;
    EpisodeRecording recording = builder.take();
    builders.erase(episode);
    const std::size_t bytes = bytes_of(recording);
    queue.push(std::move(recording), bytes);
  }

  void join() {
    queue.finish();
    if (thread.joinable()) thread.join();
  }

  [[nodiscard]] std::vector<EpisodeId> unfinished() const {
    std::vector<EpisodeId> episodes;
    for (const auto& [episode, builder] : builders) episodes.push_back(episode);
    return episodes;
  }

  traces::Header header;
  KernelTimer* kernels;
  traces::Writer writer;
  std::map<EpisodeId, RecordingBuilder> builders;  // of the episodes that have not ended
  JobQueue<Job> queue;
  std::thread thread;  // declared last: it uses the others
};

Recorder::Recorder(const std::filesystem::path& path, const traces::Header& header,
                   const RecorderOptions& options)
    : state_(std::make_unique<State>(path, header, options)) {}

Recorder::~Recorder() {
  if (!state_) return;
  try {
    state_->finish_kernels();
  } catch (const std::exception&) {
    // What is missing are times; the episodes are kept.
  }
  try {
    state_->join();
    state_->writer.abandon(state_->unfinished());
  } catch (const std::exception&) {
    // A destructor can't report: who needs to know calls close().
  }
}

void Recorder::on(const Event& event) {
  PQ_CHECK(state_ != nullptr, "nothing is recorded after close()");
  state_->on(event);
}

void Recorder::close() {
  if (!state_) return;
  state_->finish_kernels();
  const auto state = std::move(state_);
  state->join();
  if (const auto error = state->queue.error()) std::rethrow_exception(error);
  state->writer.close(state->unfinished());
}

double Recorder::blocked_seconds() const { return state_->queue.blocked_seconds(); }

}  // namespace pagequest::tracer
