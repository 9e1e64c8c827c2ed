// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What a decode step of each policy costs on the host: to take the step's attention in, to decide
// and to be told of the victims, with a full budget, so that every step evicts.
//   bench_policies [LIVE_TOKENS PAGE_SIZE LAYERS KV_HEADS]
// By default the pocket model's shape with 4,096 live tokens in blocks of four.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/rng.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/policies/registry.h"
#include "tests/unit/kv/events.h"

namespace pagequest::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Shape {
  std::int32_t tokens = 4096;
  std::int32_t page_size = 4;
  std::int32_t layers = 6;
  std::int32_t kv_heads = 2;
  std::int32_t head_dim = 32;
};

/// One sequence that decodes under a policy, with attention drawn before the clock runs.
class Decoding {
 public:
  Decoding(const kv::PolicySpec& spec, const Shape& shape)
      : shape_(shape),
        planes_(static_cast<std::size_t>(shape.layers * shape.kv_heads)),
        controller_(spec, shape.page_size, 0, {.layers = shape.layers, .kv_heads = shape.kv_heads}),
        rng_(3) {
    fill(shape.tokens, StepKind::prefill);
    draw();
    attend();
    drop();
    position_ = shape.tokens;
  }

  /// Seconds of the policy's part of one decode step.
  double step() {
    ++step_;
    fill(1, StepKind::decode);
    ++position_;
    draw();
    const auto begin = Clock::now();
    attend();
    drop();
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }

 private:
  void fill(std::int32_t count, StepKind kind) {
    testing::fill(controller_, step_, position_, count, kind);
    const std::int32_t end = position_ + count;
    if (!controller_.needs_keys()) return;
    std::vector<float> key(planes_ * static_cast<std::size_t>(shape_.head_dim));
    for (std::int32_t page = position_ / shape_.page_size; (page + 1) * shape_.page_size <= end;
         ++page) {
      for (float& component : key) component = static_cast<float>(rng_.uniform()) - 0.5F;
      controller_.observe(KeysBounded{.episode = EpisodeId{0},
                                      .thread = Thread::main,
                                      .step = step_,
                                      .page = page,
                                      .layers = shape_.layers,
                                      .kv_heads = shape_.kv_heads,
                                      .head_dim = shape_.head_dim,
                                      .lowest = key,
                                      .highest = key});
    }
  }

  void draw() {
    pages_.clear();
    const kv::LiveTokens& any = controller_.tokens().any();
    for (std::int32_t page = 0; page < any.pages(); ++page) {
      if (any.in_page(page) > 0) pages_.push_back(page);
    }
    mean_.resize(planes_ * pages_.size());
    for (float& mass : mean_) {
      mass = static_cast<float>(rng_.uniform() / static_cast<double>(pages_.size()));
    }
  }

  void attend() {
    testing::attend_heads(controller_, step_,
                          {.layers = shape_.layers, .kv_heads = shape_.kv_heads}, pages_, mean_);
  }

  void drop() {
    for (const auto& [span, scope] : controller_.victims(kv::DecisionPoint::step_end)) {
      if (scope == kv::Scope{}) {
        testing::evicted(controller_, span);
      } else {
        testing::evicted_from(controller_, scope, span);
      }
    }
  }

  Shape shape_;
  std::size_t planes_;
  kv::EvictionController controller_;
  Rng rng_;
  std::int32_t step_ = 0;
  std::int32_t position_ = 0;
  std::vector<std::int32_t> pages_;
  std::vector<float> mean_;  // (layer, KV head, page)
};

void print_row(const kv::PolicyEntry& entry, const Shape& shape) {
  constexpr int kSteps = 256;
  const kv::PolicySpec spec{.name = std::string(entry.name),
                            .params = {},
                            .budget_tokens = shape.tokens - shape.page_size};
  Decoding decoding(spec, shape);
  std::vector<double> seconds;
  double sum = 0.0;
  for (int i = 0; i < kSteps; ++i) seconds.push_back(decoding.step());
  for (const double one : seconds) sum += one;
  std::ranges::sort(seconds);
  std::printf("  %-18s %10.1f %10.1f %10.1f\n", std::string(entry.name).c_str(),
              1e6 * seconds[seconds.size() / 2], 1e6 * sum / kSteps, 1e6 * seconds.back());
}

void run(int argc, char** argv) {
  Shape shape;
  std::int32_t* const numbers[] = {&shape.tokens, &shape.page_size, &shape.layers, &shape.kv_heads};
  for (int i = 1; i < std::min(argc, 5); ++i) *numbers[i - 1] = std::atoi(argv[i]);
  std::printf("  %d live tokens, pages of %d, %d layers, %d KV heads; microseconds a step\n",
              shape.tokens, shape.page_size, shape.layers, shape.kv_heads);
  std::printf("  %-18s %10s %10s %10s\n", "policy", "median", "mean", "largest");
  for (const kv::PolicyEntry& entry : kv::policies()) {
    if (entry.trigger != kv::Trigger::budget || entry.unit != kv::Unit::page) continue;
    print_row(entry, shape);
  }
}

}  // namespace
}  // namespace pagequest::bench

int main(int argc, char** argv) {
  pagequest::bench::run(argc, argv);
  return 0;
}
