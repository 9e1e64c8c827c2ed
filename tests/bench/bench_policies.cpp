// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What a decode step of each policy that decides by a budget or a rule costs on the host: to take
// the step's events in, to decide and to be told of the victims and of changed precision. A budget
// is full. Beside it the share of a model's step that this is, and how often the second half of the
// steps took memory from the heap.
//   bench_policies [pocket|8b [POLICY...]]
// pocket: the pocket model at 4,096 tokens in blocks of four, whose step is measured in the same
// run and whose attention is what the policies see. 8b: the shape of Llama 3.1 8B at 32,768 tokens
// in pages of 16, with the same attention spread over more pages, layers and heads.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/kv/policies/registry.h"
#include "engine/model/model.h"
#include "tests/bench/pocket_steps.h"
#include "tests/bench/thread_seconds.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/policy_decoding.h"

namespace pagequest::bench {
namespace {

using testing::DecodingShape;

constexpr DecodingShape k8b{.prompt = 2048,
                            .tokens = 32768,
                            .page_size = 16,
                            .heads = {.layers = 32, .kv_heads = 8},
                            .head_dim = 128};

/// Least time of a decode step of Llama 3.1 8B (bf16) at 32,768 tokens on an H100: 8.03e9 weights
/// of 2 bytes, and 2 x 32 layers x 8 heads x 128 components x 2 bytes of keys and values a token,
/// read at the data sheet's 3.35 TB/s.
constexpr double k8bStepSeconds = (8.03e9 * 2 + 32768.0 * 2 * 32 * 8 * 128 * 2) / 3.35e12;

/// Seconds, but for the last.
struct Cost {
  double first;        // decision: on a sequence of which nothing was decided yet
  double mean;         // step
  double decision;     // mean of the decisions that had victims; 0: there were none
  double largest;      // step
  double allocations;  // a step
};

Cost measure(testing::PolicyDecoding& decoding, std::int32_t steps) {
  Cost cost{};
  const double start = thread_seconds();
  decoding.decide();
  cost.first = thread_seconds() - start;
  double decisions = 0.0;
  std::int32_t deciding = 0;
  std::int64_t allocated = 0;
  for (std::int32_t step = 0; step < steps; ++step) {
    decoding.prepare();
    const std::int64_t before = testing::allocations();
    const double begin = thread_seconds();
    decoding.observe();
    const double observed = thread_seconds();
    const std::size_t victims = decoding.decide();
    const double end = thread_seconds();
    const double deciding_s = end - observed;
    const double all_s = end - begin;
    if (step >= steps / 2) allocated += testing::allocations() - before;
    cost.mean += all_s / steps;
    cost.largest = std::max(cost.largest, all_s);
    decisions += victims > 0 ? deciding_s : 0.0;
    deciding += victims > 0 ? 1 : 0;
  }
  cost.decision = deciding == 0 ? 0.0 : decisions / deciding;
  cost.allocations = static_cast<double>(allocated) / (steps - steps / 2);
  return cost;
}

struct Table {
  std::string title;
  DecodingShape shape;
  double step_s;  // of the model
  std::int32_t steps;
};

bool is_wanted(const kv::PolicyEntry& entry, const std::vector<std::string>& names) {
  const bool each_step = entry.trigger == kv::Trigger::budget || entry.trigger == kv::Trigger::rule;
  if (!each_step) return false;
  return names.empty() || std::ranges::find(names, entry.name) != names.end();
}

void print(const Table& table, const testing::CapturedMasses& masses,
           const std::vector<std::string>& names) {
  std::printf("\n%s; a step takes %.0f us\n", table.title.c_str(), 1e6 * table.step_s);
  std::printf("  %-16s %9s %8s %11s %11s %11s %12s\n", "policy", "us a step", "share",
              "decision us", "largest us", "first us", "allocations");
  for (const kv::PolicyEntry& entry : kv::policies()) {
    if (!is_wanted(entry, names)) continue;
    const std::string name(entry.name);
    const bool has_budget = entry.trigger == kv::Trigger::budget;
    const std::int32_t budget = has_budget ? table.shape.tokens - table.shape.page_size : 0;
    testing::PolicyDecoding decoding({.name = name, .params = {}, .budget_tokens = budget},
                                     table.shape, masses);
    const Cost cost = measure(decoding, table.steps);
    std::printf("  %-16s %9.1f %7.2f%% %11.1f %11.1f %11.1f %12.2f\n", name.c_str(),
                1e6 * cost.mean, 100 * cost.mean / table.step_s, 1e6 * cost.decision,
                1e6 * cost.largest, 1e6 * cost.first, cost.allocations);
    std::fflush(stdout);
  }
}

void run(const std::vector<std::string>& arguments) {
  constexpr std::int32_t kTokens = 4096;
  constexpr std::int32_t kBlock = 4;
  const model::Model model = model::Model::load("engine/pocket");
  const DecodedSteps pocket = decode_steps(model, kTokens, kBlock);
  const DecodingShape shape{
      .prompt = 512,
      .tokens = kTokens,
      .page_size = kBlock,
      .heads = {.layers = model.config().layers, .kv_heads = model.config().kv_heads},
      .head_dim = model.config().head_dim};
  const std::string which = arguments.empty() ? "" : arguments[0];
  const std::vector<std::string> names(arguments.begin() + (arguments.empty() ? 0 : 1),
                                       arguments.end());
  if (which != "8b") {
    print({"pocket model, 4,096 tokens in blocks of 4", shape, pocket.median_s, 512}, pocket.masses,
          names);
  }
  if (which != "pocket") {
    print({"shape of an 8B model, 32,768 tokens in pages of 16", k8b, k8bStepSeconds, 128},
          pocket.masses, names);
  }
}

}  // namespace
}  // namespace pagequest::bench

int main(int argc, char** argv) {
  try {
    pagequest::bench::run({argv + 1, argv + argc});
    return 0;
  } catch (const pagequest::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
