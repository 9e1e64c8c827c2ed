// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/runtime/backend.h"
#include "engine/runtime/cuda/backend.h"
#include "tests/unit/runtime/support.h"

/// What an engine answers on either device, and how far two answers are apart.
namespace pagequest::gpu_test {

using namespace runtime;  // NOLINT: the engine is what these tests are about
namespace rt = runtime::test;
using runtime::test::RecordedStep;
using runtime::test::RecordingSink;

/// `name`: family and storage, as tests/reference/families has them.
inline model::Model load(const std::string& name,
                         model::WeightStorage storage = model::WeightStorage::as_stored) {
  return model::Model::load(std::filesystem::path("tests/reference/families") / name,
                            {.storage = storage});
}

inline std::vector<std::int32_t> tokens_for(const model::Model& model, std::int32_t count,
                                            std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < count; ++i) {
    tokens.push_back(static_cast<std::int32_t>(
        rng.below(static_cast<std::uint64_t>(model.config().vocabulary))));
  }
  return tokens;
}

struct Played {
  std::vector<std::int32_t> tokens;
  std::vector<std::vector<float>> logits;
  RecordingSink sink;
  std::int32_t used_pages = 0;
};

/// What `play(engine, model, played)` plays, without a lag unless the configuration has one.
template <class Play>
Played played_on(Device device, const model::Model& model, EngineConfig config, const Play& play) {
  Played out;
  config.device = device;
  if (!config.policy_lag_steps) config.policy_lag_steps = 0;
  if (device == Device::cpu) {
    Engine engine(model, config, out.sink);
    play(engine, model, out);
  } else {
    Engine engine(model, config, out.sink, runtime::PQ_CUDA_NS::backend_maker());
    play(engine, model, out);
  }
  return out;
}

inline double range_of(const std::vector<float>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return static_cast<double>(*high) - *low;
}

/// Largest difference of logits, as a share of their range.
inline double worst_logit(const Played& a, const Played& b) {
  double worst = a.logits.size() == b.logits.size() ? 0.0 : 1e30;
  for (std::size_t i = 0; i < std::min(a.logits.size(), b.logits.size()); ++i) {
    worst =
        std::max(worst, rt::largest_difference(a.logits[i], b.logits[i]) / range_of(a.logits[i]));
  }
  return worst;
}

inline void check_captures(const Played& a, const Played& b, double tolerance) {
  REQUIRE(a.sink.log == b.sink.log);
  double worst = 0.0;
  const auto compare = [&](const std::vector<float>& x, const std::vector<float>& y) {
    worst = std::max(worst, rt::largest_difference(x, y));
  };
  for (std::size_t i = 0; i < a.sink.steps.size(); ++i) {
    const RecordedStep& x = a.sink.steps[i];
    const RecordedStep& y = b.sink.steps[i];
    CHECK(x.pages == y.pages);
    CHECK(x.first_page == y.first_page);
    compare(x.mean, y.mean);
    compare(x.max, y.max);
    compare(x.sink_share, y.sink_share);
    compare(x.query_head_mass, y.query_head_mass);
    compare(x.query_cosine, y.query_cosine);
  }
  CHECK(worst < tolerance);
}

}  // namespace pagequest::gpu_test
