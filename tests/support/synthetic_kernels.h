// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "tracer/kernel_timer.h"
#include "traces/kernel_times.h"
#include "traces/reader.h"

/// Kernel times without a device, for tests. Needs `tracer`.
namespace pagequest::testing {

/// A timer whose times are given. The same seed gives the same times.
class GivenTimer final : public tracer::KernelTimer {
 public:
  explicit GivenTimer(std::uint64_t seed = 1) : rng_(seed) {}

  void begin(const Operation& /*operation*/) override {}
  void end() override {}
  [[nodiscard]] std::string_view clock() const override { return "cupti"; }
  void finish() override { ++finishes; }

  /// Forward passes of two layers, each with every operation and one to three kernels for it.
  void run_passes(std::int64_t passes) {
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      for (int kind = 0; kind < kOperationKinds; ++kind) run(kind);
      ++iteration_;
    }
  }

  int finishes = 0;

 private:
  void run(int kind) {
    const std::int64_t number =
        log().begin({.iteration = iteration_,
                     .layer = rng_.between(-1, 1),
                     .kind = static_cast<OperationKind>(kind),
                     .phase = static_cast<Phase>(rng_.between(0, 2)),
                     .bytes = rng_.between(0, 1 << 30) * std::int64_t{100},
                     .flops = rng_.between(0, 1 << 30) * std::int64_t{1000}});
    const int runs = rng_.between(1, 3);
    for (int i = 0; i < runs; ++i) {
      const std::int64_t duration = rng_.between(0, 100000);
      log().add("kernel<" + std::to_string(rng_.between(0, 40)) + ">",
                {.operation = rng_.between(0, 9) == 0 ? -1 : number,
                 .stream = rng_.between(-1, 2),
                 .start_ns = now_,
                 .duration_ns = duration});
      now_ += duration;
    }
    if (rng_.between(0, 99) == 0) log().drop(1);
  }

  Rng rng_;
  std::int64_t iteration_ = 0;
  std::int64_t now_ = 1'000'000'000'000;
};

/// Keeps all parts as one.
class KernelCollector final : public traces::KernelTimesSink {
 public:
  void on(const traces::KernelBatch& part) override {
    append(all.names, part.names);
    append(all.operations, part.operations);
    append(all.runs, part.runs);
    all.dropped += part.dropped;
  }

  traces::KernelBatch all;

 private:
  template <class T>
  static void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
  }
};

[[nodiscard]] inline traces::KernelBatch kernels_in(const traces::Reader& reader) {
  KernelCollector collector;
  reader.replay_kernels(collector);
  return collector.all;
}

[[nodiscard]] inline bool same_operation(const Operation& a, const Operation& b) {
  return a.iteration == b.iteration && a.layer == b.layer && a.kind == b.kind &&
         a.phase == b.phase && a.bytes == b.bytes && a.flops == b.flops;
}

/// Whether `part` is what `whole` begins with; lost runs aside.
[[nodiscard]] inline bool is_beginning(const traces::KernelBatch& part,
                                       const traces::KernelBatch& whole) {
  const auto begins = [](const auto& short_one, const auto& long_one, const auto& same) {
    return short_one.size() <= long_one.size() &&
           std::equal(short_one.begin(), short_one.end(), long_one.begin(), same);
  };
  return begins(part.names, whole.names, std::equal_to<>()) &&
         begins(part.operations, whole.operations, same_operation) &&
         begins(part.runs, whole.runs, std::equal_to<>());
}

[[nodiscard]] inline bool same_kernels(const traces::KernelBatch& a, const traces::KernelBatch& b) {
  return is_beginning(a, b) && is_beginning(b, a) && a.dropped == b.dropped;
}

}  // namespace pagequest::testing
