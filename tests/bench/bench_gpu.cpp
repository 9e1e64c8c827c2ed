// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The benchmarks of scripts/gpu-check: one group of them, into its results file. Compiled for GPUs,
// and for the emulator as a rehearsal with --toy.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/params.h"
#include "tests/bench/gpu_groups.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

struct Group {
  std::string_view name;
  void (*run)(const Plan& plan, Report& report);
};
constexpr Group kGroups[] = {{"ceilings", bench_ceilings},
                             {"linear", bench_linear},
                             {"attention", bench_attention},
                             {"engine_0.6b", bench_small_engine},
                             {"engine_8b", bench_large_engine}};

struct Options {
  std::string group;
  std::string out;
  std::string device;  // of the engine's steps; "": the plan's
  bool toy = false;
  bool quick = false;
};

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (argument == "--toy") options.toy = true;
    if (argument == "--quick") options.quick = true;
    if (argument == "--out") options.out = value;
    if (argument == "--group") options.group = value;
    if (argument == "--device") options.device = value;
  }
  return options;
}

const Group& group_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Group& group : kGroups) {
    if (group.name == name) return group;
    names.emplace_back(group.name);
  }
  std::fputs("usage: bench_gpu --out FILE --group NAME [--device cuda|cpu] [--toy] [--quick]\n",
             stderr);
  throw_unknown_name("group of benchmarks", name, names);
}

int run(const Options& options) {
  const Group& group = group_named(options.group);
  Plan plan = options.toy ? toy_plan() : options.quick ? quick_plan() : Plan{};
  if (!options.device.empty()) plan.device = runtime::device_named(options.device);
  Report report(options.out);
  group.run(plan, report);
  return report.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace pagequest::bench::PQ_CUDA_NS

int main(int argc, char** argv) {
  namespace bench = pagequest::bench::PQ_CUDA_NS;
  try {
    return bench::run(bench::options_of(argc, argv));
  } catch (const pagequest::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
