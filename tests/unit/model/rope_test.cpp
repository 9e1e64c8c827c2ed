// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/rope.h"

#include <utility>

#include <catch2/catch.hpp>

namespace pagequest::model {
namespace {

struct Golden {
  const char* name;
  RopeConfig rope;
  std::int32_t head_dim;
  std::vector<std::pair<std::size_t, float>> frequencies;  // (pair, radians a position)
};

// Computed with ROPE_INIT_FUNCTIONS of Transformers 5.24.0 (PyTorch 2.13, f32).
std::vector<Golden> goldens() {
  return {
      {"standard, Qwen3",
       {.theta = 1e6},
       128,
       {{0, 1.0F},
        {1, 0.805842221F},
        {8, 0.177827939F},
        {24, 0.00562341325F},
        {32, 0.00100000005F},
        {48, 3.16227743e-05F},
        {63, 1.24093776e-06F}}},
      {"linear",
       {.type = RopeType::linear, .theta = 1e4, .factor = 4.0},
       128,
       {{0, 0.25F},
        {1, 0.216491088F},
        {8, 0.079056941F},
        {24, 0.00790569466F},
        {48, 0.000250000012F},
        {63, 2.88695483e-05F}}},
      {"Llama 3.1",
       {.type = RopeType::llama3, .theta = 5e5, .factor = 8.0, .original_max_positions = 8192},
       128,
       {{0, 1.0F},
        {1, 0.814617217F},
        {24, 0.00729266508F},
        {32, 0.000524846022F},
        {40, 3.42810235e-05F},
        {48, 6.64786967e-06F},
        {63, 3.06892588e-07F}}},
      {"Llama 3.2",
       {.type = RopeType::llama3, .theta = 5e5, .factor = 32.0, .original_max_positions = 8192},
       64,
       {{0, 1.0F},
        {12, 0.00729266508F},
        {16, 0.000429556705F},
        {20, 8.57025589e-06F},
        {31, 9.41830649e-08F}}},
      {"YaRN, Qwen",
       {.type = RopeType::yarn, .theta = 1e6, .factor = 4.0, .original_max_positions = 32768},
       128,
       {{0, 1.0F},
        {16, 0.0316227786F},
        {24, 0.00537532149F},
        {32, 0.000602941145F},
        {40, 4.44569851e-05F},
        {63, 3.10234441e-07F}}},
      {"YaRN without truncation, gpt-oss",
       {.type = RopeType::yarn,
        .theta = 150000.0,
        .factor = 32.0,
        .original_max_positions = 4096,
        .truncate = false},
       64,
       {{0, 1.0F},
        {8, 0.0508132726F},
        {12, 0.00679495931F},
        {16, 0.000456483918F},
        {20, 1.8188337e-05F},
        {24, 4.09997847e-06F},
        {31, 3.0235114e-07F}}},
  };
}

TEST_CASE("Rotary frequencies equal those that Transformers computes") {
  constexpr double kTwoUlps = 2.5e-7;  // PyTorch's power is off by one unit in the last place
  for (const Golden& golden : goldens()) {
    const std::vector<float> frequencies = rope_frequencies(golden.rope, golden.head_dim);
    REQUIRE(frequencies.size() == static_cast<std::size_t>(golden.head_dim / 2));
    for (const auto& [pair, expected] : golden.frequencies) {
      CAPTURE(golden.name, pair);
      CHECK(frequencies[pair] == Approx(expected).epsilon(kTwoUlps));
    }
  }
}

}  // namespace
}  // namespace pagequest::model
