// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <variant>
#include <vector>

#include <zlib.h>

#include "tests/support/synthetic_trace.h"
#include "tests/support/temporary_folder.h"
#include "tracer/recorder.h"
#include "traces/owned_event.h"

/// MB/s of recording with attention shaped as the pocket model's, beside zlib's own speed on the
/// same numbers (shuffled, level 1, one thread): the writer can't be faster than that. Then the
/// share of time in which the producer waits, when it sends as fast as it can and when it sends at
/// the pace of a decoder.
namespace pagequest {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

const testing::SyntheticOptions kOptions{.episodes = 16,
                                         .concurrency = 8,
                                         .turns = 12,
                                         .prompt_tokens = 200,
                                         .decode_tokens = 40,
                                         .response_tokens = 150,
                                         .prefill_chunk = 64,
                                         .prefill_rows = 8,
                                         .page_size = 16,
                                         .layers = 4,
                                         .query_heads = 4,
                                         .kv_heads = 2,
                                         .aux_interval = 4,
                                         .aux_tokens = 60};

struct Workload {
  std::vector<traces::OwnedEvent> events;
  std::vector<float> masses;
  std::size_t tokens = 0;
};

Workload make_workload() {
  Workload workload;
  traces::EventCollector collector;
  testing::emit_synthetic_trace(kOptions, collector);
  workload.events = std::move(collector.events);
  for (const auto& owned : workload.events) {
    const Event event = owned.view();
    if (const auto* attended = std::get_if<PagesAttended>(&event)) {
      workload.masses.insert(workload.masses.end(), attended->mean.begin(), attended->mean.end());
      workload.masses.insert(workload.masses.end(), attended->max.begin(), attended->max.end());
    } else if (const auto* filled = std::get_if<TokensFilled>(&event)) {
      workload.tokens += filled->tokens.size();
    }
  }
  return workload;
}

/// HDF5's shuffle filter: all first bytes, then all second bytes...
std::vector<unsigned char> shuffled(const float* values, std::size_t count) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(values);
  std::vector<unsigned char> out(count * sizeof(float));
  for (std::size_t byte = 0; byte < sizeof(float); ++byte) {
    for (std::size_t i = 0; i < count; ++i) out[byte * count + i] = bytes[i * sizeof(float) + byte];
  }
  return out;
}

struct Ceiling {
  double megabytes_per_second;
  double ratio;
};

Ceiling deflate_ceiling(const std::vector<float>& masses) {
  constexpr std::size_t kChunk = 65536;
  std::vector<unsigned char> out(compressBound(kChunk * sizeof(float)));
  std::size_t compressed = 0;
  const auto start = Clock::now();
  for (std::size_t at = 0; at < masses.size(); at += kChunk) {
    const std::size_t count = std::min(kChunk, masses.size() - at);
    const auto bytes = shuffled(masses.data() + at, count);
    uLongf size = out.size();
    compress2(out.data(), &size, bytes.data(), bytes.size(), 1);
    compressed += size;
  }
  const double total = static_cast<double>(masses.size() * sizeof(float));
  return {total / 1e6 / seconds_since(start), static_cast<double>(compressed) / total};
}

struct Run {
  double sending;  // until the last event was taken, seconds
  double blocked;
  double total;  // until the file was closed
  double file_megabytes;
};

constexpr std::size_t kDefaultQueue = tracer::RecorderOptions{}.queue_bytes;

/// `tokens_per_second` 0: as fast as the recorder takes them.
Run record(const Workload& workload, double tokens_per_second, std::size_t queue_bytes) {
  const testing::TemporaryFolder folder;
  Run run{};
  const auto start = Clock::now();
  tracer::Recorder recorder(folder / "bench.h5", testing::synthetic_header(kOptions),
                            {.writer = {}, .queue_bytes = queue_bytes});
  double due = 0.0;
  for (const auto& owned : workload.events) {
    const Event event = owned.view();
    const auto* filled = std::get_if<TokensFilled>(&event);
    if (filled != nullptr && tokens_per_second > 0.0) {
      due += static_cast<double>(filled->tokens.size()) / tokens_per_second;
      std::this_thread::sleep_until(start + std::chrono::duration<double>(due));
    }
    recorder.on(event);
  }
  run.sending = seconds_since(start);
  run.blocked = recorder.blocked_seconds();
  recorder.close();
  run.total = seconds_since(start);
  run.file_megabytes = static_cast<double>(std::filesystem::file_size(folder / "bench.h5")) / 1e6;
  return run;
}

void print(const char* pace, const Workload& workload, const Run& run) {
  const double megabytes = static_cast<double>(workload.masses.size() * sizeof(float)) / 1e6;
  std::printf("%-24s %8.1f %10.0f %9.3f %9.3f %9.1f\n", pace, megabytes / run.total,
              static_cast<double>(workload.tokens) / run.total, run.sending,
              100.0 * run.blocked / run.sending, run.file_megabytes);
}

int main_of_bench() {
  const Workload workload = make_workload();
  const double megabytes = static_cast<double>(workload.masses.size() * sizeof(float)) / 1e6;
  const Ceiling ceiling = deflate_ceiling(workload.masses);
  std::printf("%d episodes, %zu tokens, %.1f MB of masses (%.0f bytes a token)\n",
              kOptions.episodes, workload.tokens, megabytes,
              1e6 * megabytes / static_cast<double>(workload.tokens));
  std::printf("ceiling: zlib alone, shuffled, level 1: %.1f MB/s, %.0f tokens/s, ratio %.3f\n\n",
              ceiling.megabytes_per_second,
              static_cast<double>(workload.tokens) / (megabytes / ceiling.megabytes_per_second),
              ceiling.ratio);
  std::printf("%-24s %8s %10s %9s %9s %9s\n", "pace of the producer", "MB/s", "tokens/s",
              "sending s", "blocked %", "file MB");
  print("as fast as it can", workload, record(workload, 0.0, kDefaultQueue));
  print("the same, 1 MiB queue", workload, record(workload, 0.0, std::size_t{1} << 20U));
  print("4000 tokens/s", workload, record(workload, 4000.0, kDefaultQueue));
  return 0;
}

}  // namespace
}  // namespace pagequest

int main() { return pagequest::main_of_bench(); }
