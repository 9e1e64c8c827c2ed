// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Frequencies of many draws against softmax probabilities computed here by hand.
#include "engine/runtime/sampler.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

namespace pagequest::runtime {
namespace {

/// Shares of the tokens over many positions.
std::vector<double> frequencies(const std::vector<float>& logits, const Sampling& sampling) {
  constexpr std::int32_t kDraws = 200'000;
  std::vector<double> shares(logits.size());
  for (std::int32_t position = 0; position < kDraws; ++position) {
    shares[static_cast<std::size_t>(sample(logits, sampling, position))] += 1.0 / kDraws;
  }
  return shares;
}

TEST_CASE("Greedy takes the largest logit, the lowest id among equals") {
  CHECK(sample(std::vector<float>{1.0F, 3.0F, 2.0F}, {}, 0) == 1);
  CHECK(sample(std::vector<float>{1.0F, 3.0F, 3.0F}, {}, 9) == 1);
  CHECK(sample(std::vector<float>{-5.0F}, {}, 9) == 0);
}

TEST_CASE("Draws at a temperature follow softmax(logits / temperature)") {
  const std::vector<float> logits{0.0F, 1.0F, -2.0F, 3.0F};
  const float temperature = GENERATE(0.5F, 1.0F, 2.0F);
  double total = 0.0;
  for (const float logit : logits) total += std::exp(logit / temperature);
  const auto shares = frequencies(logits, {.temperature = temperature, .top_p = 1.0F, .seed = 3});
  for (std::size_t i = 0; i < logits.size(); ++i) {
    // Four standard errors of a share of 200,000 draws are below 0.0045.
    CHECK(shares[i] == Approx(std::exp(logits[i] / temperature) / total).margin(0.0045));
  }
}

TEST_CASE("The nucleus is the fewest most probable tokens that reach top_p") {
  // Probabilities 0.5, 0.25, 0.125, 0.125: a tie for the third place.
  const std::vector<float> logits{std::log(0.125F), std::log(0.5F), std::log(0.25F),
                                  std::log(0.125F)};
  const auto shares_at = [&](float top_p) {
    return frequencies(logits, {.temperature = 1.0F, .top_p = top_p, .seed = 1});
  };
  const auto two = shares_at(0.7F);
  CHECK(two[0] == 0.0);
  CHECK(two[1] == Approx(2.0 / 3.0).margin(0.0045));
  CHECK(two[2] == Approx(1.0 / 3.0).margin(0.0045));
  CHECK(two[3] == 0.0);
  const auto three = shares_at(0.8F);
  CHECK(three[0] == Approx(0.125 / 0.875).margin(0.0045));
  CHECK(three[3] == 0.0);
  CHECK(shares_at(0.01F)[1] == Approx(1.0));
}

TEST_CASE("A draw depends on seed and position only") {
  const std::vector<float> logits(64, 0.0F);
  const Sampling sampling{.temperature = 1.0F, .top_p = 1.0F, .seed = 11};
  CHECK(sample(logits, sampling, 5) == sample(logits, sampling, 5));
  int same_position = 0;
  int same_seed = 0;
  for (std::int32_t i = 0; i < 100; ++i) {
    Sampling other = sampling;
    other.seed = static_cast<std::uint64_t>(100 + i);
    same_position += sample(logits, other, 5) == sample(logits, sampling, 5) ? 1 : 0;
    same_seed += sample(logits, sampling, 6 + i) == sample(logits, sampling, 5) ? 1 : 0;
  }
  CHECK(same_position < 10);
  CHECK(same_seed < 10);
}

}  // namespace
}  // namespace pagequest::runtime
