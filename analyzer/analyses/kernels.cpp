// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "analyzer/own_time.h"
#include "base/error.h"
#include "traces/kernel_times.h"

namespace pagequest::analyzer {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kPhases = 3;
constexpr auto kKinds = static_cast<std::size_t>(kOperationKinds);

/// What the machine can do at most; 0: not known.
struct Ceilings {
  double copy_gbps = 0;
  double matmul_tflops = 0;

  [[nodiscard]] bool known() const { return copy_gbps > 0 || matmul_tflops > 0; }
  /// The least time that an operation could take, ns.
  [[nodiscard]] double least_ns(const Operation& operation) const {
    const auto bytes = static_cast<double>(operation.bytes);
    const auto flops = static_cast<double>(operation.flops);
    const double moving = copy_gbps > 0 ? bytes / copy_gbps : 0;
    const double computing = matmul_tflops > 0 ? flops / (1e3 * matmul_tflops) : 0;
    return std::max(moving, computing);
  }
};

/// Operations of one kind and phase, and what ran for them.
struct Group {
  std::int64_t operations = 0;  // for which something ran
  std::int64_t runs = 0;
  double own_ns = 0;
  double bytes = 0;
  double flops = 0;
  double least_ns = 0;

  void add(const Group& other) {
    operations += other.operations;
    runs += other.runs;
    own_ns += other.own_ns;
    bytes += other.bytes;
    flops += other.flops;
    least_ns += other.least_ns;
  }
};

double ratio(double part, double whole) { return whole == 0 ? kUndefined : part / whole; }

/// The least of the ascending values that at least `share` of them do not exceed.
double quantile(const std::vector<std::int64_t>& ascending, double share) {
  if (ascending.empty()) return kUndefined;
  const double rank = std::ceil(share * static_cast<double>(ascending.size()));
  return static_cast<double>(ascending[static_cast<std::size_t>(std::max(1.0, rank)) - 1]);
}

constexpr const char* kOwnTime =
    " Time: that in which a run was at work alone on its stream; where a kernel began before the "
    "one that it waits for had ended, the overlap counts for the earlier one.";

/// Which operations the time goes to, and how near they come to what the machine can do.
class Kernels final : public Analysis, private traces::KernelTimesSink {
 public:
  Kernels(const traces::Header& header, const Ceilings& ceilings)
      : policy_(header.policy),
        clock_(header.kernel_timing ? header.kernel_timing->clock : ""),
        ceilings_(ceilings) {}

  [[nodiscard]] bool needs_attention() const override { return false; }
  [[nodiscard]] traces::KernelTimesSink* kernel_times() override { return this; }
  [[nodiscard]] std::vector<ResultTable> results() const override;

 private:
  using Groups = std::array<std::array<Group, kKinds>, kPhases>;

  void do_observe(const Event& /*event*/) override {}
  void on(const traces::KernelBatch& part) override {
    names_.insert(names_.end(), part.names.begin(), part.names.end());
    operations_.insert(operations_.end(), part.operations.begin(), part.operations.end());
    runs_.insert(runs_.end(), part.runs.begin(), part.runs.end());
    dropped_ += part.dropped;
  }

  [[nodiscard]] Groups grouped(const std::vector<std::int64_t>& own_ns) const;
  [[nodiscard]] ResultTable operation_table(const Groups& groups, double total_ns) const;
  [[nodiscard]] ResultTable phase_table(const Groups& groups, double total_ns) const;
  [[nodiscard]] ResultTable name_table(const std::vector<std::int64_t>& own_ns,
                                       double total_ns) const;
  [[nodiscard]] std::string about_ceilings() const;
  void add_figures(std::vector<Cell>& row, const Group& group, double total_ns) const;

  std::string policy_;
  std::string clock_;
  Ceilings ceilings_;
  std::vector<std::string> names_;
  std::vector<Operation> operations_;
  std::vector<traces::KernelRun> runs_;
  std::int64_t dropped_ = 0;
};

Kernels::Groups Kernels::grouped(const std::vector<std::int64_t>& own_ns) const {
  Groups groups{};
  std::vector<bool> seen(operations_.size());
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (runs_[i].operation < 0) continue;
    const auto number = static_cast<std::size_t>(runs_[i].operation);
    const Operation& operation = operations_[number];
    Group& group =
        groups[static_cast<std::size_t>(operation.phase)][static_cast<std::size_t>(operation.kind)];
    ++group.runs;
    group.own_ns += static_cast<double>(own_ns[i]);
    if (seen[number]) continue;
    seen[number] = true;
    ++group.operations;
    group.bytes += static_cast<double>(operation.bytes);
    group.flops += static_cast<double>(operation.flops);
    group.least_ns += ceilings_.least_ns(operation);
  }
  return groups;
}

std::vector<ResultTable> Kernels::results() const {
  const std::vector<std::int64_t> own_ns = own_times_ns(runs_);
  double total_ns = 0;
  for (const std::int64_t own : own_ns) total_ns += static_cast<double>(own);
  const Groups groups = grouped(own_ns);
  return {operation_table(groups, total_ns), phase_table(groups, total_ns),
          name_table(own_ns, total_ns)};
}

std::string Kernels::about_ceilings() const {
  if (!ceilings_.known()) {
    return " No share of the ceiling: the trace has no ceilings, and none was given.";
  }
  std::ostringstream text;
  text << " Share of the ceiling: the least time that each operation takes at "
       << ceilings_.copy_gbps << " GB/s and " << ceilings_.matmul_tflops
       << " TFLOP/s (0: not known), by the measured time.";
  return text.str();
}

std::vector<Column> with_figures(std::vector<Column> columns) {
  for (const auto& [name, unit] : std::initializer_list<std::pair<const char*, const char*>>{
           {"operations", "operations"},
           {"runs", "runs"},
           {"time", "ms"},
           {"time_share", "share of all time"},
           {"mean", "us an operation"},
           {"bytes", "bytes an operation"},
           {"flops", "FLOP an operation"},
           {"bandwidth", "GB/s"},
           {"compute", "TFLOP/s"},
           {"ceiling_share", "share of the ceiling"}}) {
    columns.push_back({name, unit});
  }
  return columns;
}

void Kernels::add_figures(std::vector<Cell>& row, const Group& group, double total_ns) const {
  const auto operations = static_cast<double>(group.operations);
  row.emplace_back(group.operations);
  row.emplace_back(group.runs);
  for (const double figure :
       {1e-6 * group.own_ns, ratio(group.own_ns, total_ns), 1e-3 * ratio(group.own_ns, operations),
        ratio(group.bytes, operations), ratio(group.flops, operations),
        ratio(group.bytes, group.own_ns), 1e-3 * ratio(group.flops, group.own_ns),
        ceilings_.known() ? ratio(group.least_ns, group.own_ns) : kUndefined}) {
    row.emplace_back(figure);
  }
}

ResultTable Kernels::operation_table(const Groups& groups, double total_ns) const {
  ResultTable table("kernel_operations",
                    "Operations of the forward passes, with the bytes and floating-point "
                    "operations that they need at least." +
                        std::string(kOwnTime) + about_ceilings() +
                        " Empty for a trace without kernel times (`record --kernel-times auto`).",
                    with_figures({{"policy", ""}, {"phase", ""}, {"operation", ""}}));
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      const Group& group = groups[phase][kind];
      if (group.runs == 0) continue;
      std::vector<Cell> row = {policy_, std::string(to_string(static_cast<Phase>(phase))),
                               std::string(to_string(static_cast<OperationKind>(kind)))};
      add_figures(row, group, total_ns);
      table.add(std::move(row));
    }
  }
  return table;
}

ResultTable Kernels::phase_table(const Groups& groups, double total_ns) const {
  ResultTable table("kernel_phases",
                    "The same, over all operations of the passes of a phase; mixed passes have "
                    "prefill and decode in one batch." +
                        about_ceilings() + " Clock: " + (clock_.empty() ? "none" : clock_) + ".",
                    with_figures({{"policy", ""}, {"phase", ""}}));
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    Group all;
    for (const Group& group : groups[phase]) all.add(group);
    if (all.runs == 0) continue;
    std::vector<Cell> row = {policy_, std::string(to_string(static_cast<Phase>(phase)))};
    add_figures(row, all, total_ns);
    table.add(std::move(row));
  }
  return table;
}

ResultTable Kernels::name_table(const std::vector<std::int64_t>& own_ns, double total_ns) const {
  ResultTable table("kernel_names",
                    "Kernels, copies and fills by their names, the longest in all first; " +
                        std::to_string(dropped_) +
                        " were lost. Outside: runs that belong to no operation." + kOwnTime,
                    {{"policy", ""},
                     {"kernel", ""},
                     {"runs", "runs"},
                     {"outside", "runs"},
                     {"time", "ms"},
                     {"time_share", "share of all time"},
                     {"mean", "us"},
                     {"p50", "us"},
                     {"p99", "us"}});
  std::vector<std::vector<std::int64_t>> times(names_.size());
  std::vector<std::int64_t> outside(names_.size());
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const auto name = static_cast<std::size_t>(runs_[i].name);
    times[name].push_back(own_ns[i]);
    outside[name] += runs_[i].operation < 0 ? 1 : 0;
  }
  std::vector<double> sums;
  for (const auto& own : times) {
    sums.push_back(std::accumulate(own.begin(), own.end(), 0.0, [](double sum, std::int64_t ns) {
      return sum + static_cast<double>(ns);
    }));
  }
  std::vector<std::size_t> order(names_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(-sums[a], names_[a]) < std::pair(-sums[b], names_[b]);
  });
  for (const std::size_t i : order) {
    std::sort(times[i].begin(), times[i].end());
    table.add({policy_, names_[i], std::ssize(times[i]), outside[i], 1e-6 * sums[i],
               ratio(sums[i], total_ns),
               1e-3 * ratio(sums[i], static_cast<double>(times[i].size())),
               1e-3 * quantile(times[i], 0.5), 1e-3 * quantile(times[i], 0.99)});
  }
  return table;
}

double ceiling(const Params& params, const char* name, double recorded) {
  const double given = params.real(name);
  if (!(given >= 0) || std::isinf(given)) {
    throw usage_error({.what = "a ceiling is impossible",
                       .where = std::string("parameter `") + name + "`",
                       .found = std::to_string(given),
                       .expected = "a number above 0, or 0 for that of the trace",
                       .hint = {}});
  }
  return given > 0 ? given : recorded;
}

}  // namespace

std::span<const ParamSpec> kernels_params() {
  static const std::vector<ParamSpec> kParams = {
      {"copy_gbps", 0.0, "what the machine's memory moves at most, GB/s; 0: as recorded"},
      {"matmul_tflops", 0.0, "what the machine multiplies at most, TFLOP/s; 0: as recorded"}};
  return kParams;
}

AnalysisPtr make_kernels(const Params& params, const traces::Header& header) {
  const traces::KernelTiming recorded = header.kernel_timing.value_or(traces::KernelTiming{});
  return std::make_unique<Kernels>(
      header, Ceilings{ceiling(params, "copy_gbps", recorded.copy_gbps),
                       ceiling(params, "matmul_tflops", recorded.matmul_tflops)});
}

}  // namespace pagequest::analyzer
