// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The results file of scripts/gpu-check, docs/gpu/README.md. Everything that it holds was measured
/// on one machine in one run; each part is stored as soon as it is known, so that what fails later
/// loses nothing.
namespace pagequest::bench {

/// Named values beside a figure or a run, in order.
using Details = std::vector<std::pair<std::string, double>>;

struct GpuRun {
  std::string date;        // 2026-01-31
  std::string commit;      // "+changes" behind it where the tree differs
  bool rehearsal = false;  // without a GPU: the figures say nothing about any
  bool quick = false;
  std::vector<std::pair<std::string, std::string>> tools;  // name, version
};

struct GpuDevice {
  std::string name;
  std::string compute_capability;  // 9.0
  std::string driver;
  std::string runtime;
  std::int64_t multiprocessors = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t l2_bytes = 0;
  std::int64_t clock_mhz = 0;  // at most
  std::int64_t memory_clock_mhz = 0;
};

enum class StepState : std::uint8_t { done, failed, timed_out, skipped };
[[nodiscard]] std::string_view to_string(StepState state);
/// Throws usage_error that lists the valid names.
[[nodiscard]] StepState step_state_named(std::string_view name);

struct GpuStep {
  std::string name;
  StepState state = StepState::done;
  double seconds = 0.0;
  std::string detail;  // why it was skipped, or where its log is
};

/// The test cases of one program.
struct TestSuite {
  std::string name;
  std::int64_t passed = 0;
  std::int64_t failed = 0;   // the one that a crash or the time limit ended included
  std::int64_t skipped = 0;  // never begun
  std::vector<std::string> failures;
  bool completed = false;
};

enum class SanitizerState : std::uint8_t { clean, errors, incomplete, skipped };
[[nodiscard]] std::string_view to_string(SanitizerState state);

struct SanitizerRun {
  std::string tool;
  SanitizerState state = SanitizerState::skipped;
  std::int64_t errors = 0;
  std::string detail;
};

struct GpuFigure {
  std::string name;  // of a row of gpu_benchmarks()
  double figure = 0.0;
  std::optional<double> share;  // of the row's ceiling
  Details details;
};

class GpuResults {
 public:
  /// An empty one for `file`.
  static GpuResults begin(const std::filesystem::path& file, const GpuRun& run);
  /// What `file` holds. Throws input_error when it cannot be read or is no results file.
  static GpuResults read(const std::filesystem::path& file);
  ~GpuResults();
  GpuResults(GpuResults&&) noexcept;
  GpuResults& operator=(GpuResults&&) noexcept;

  void set_device(const GpuDevice& device);
  /// Clocks that were read while the benchmarks ran, by name.
  void set_clocks(const Details& clocks);
  /// "copy_gbps" or "matmul_tflops".
  void set_ceiling(std::string_view name, double figure);
  /// Each replaces what has the same name.
  void add(const GpuStep& step);
  void add(const TestSuite& suite);
  void add(const SanitizerRun& run);
  void add(const GpuFigure& figure);

  [[nodiscard]] std::optional<double> ceiling(std::string_view name) const;
  /// A test or a step failed, or a sanitizer found something. Figures below target do not count.
  [[nodiscard]] bool failed() const;
  /// What people read: 80 columns at most.
  [[nodiscard]] std::string table() const;

  /// Replaces the file as a whole. Throws output_error.
  void save() const;

 private:
  struct State;
  explicit GpuResults(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What in the text of a results file is not as docs/gpu/README.md says; empty: nothing.
[[nodiscard]] std::vector<std::string> complaints_about_gpu_results(std::string_view text);

}  // namespace pagequest::bench
