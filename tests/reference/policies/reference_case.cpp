// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/policies/reference_case.h"

#include <cmath>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace pagequest::testing {
namespace {

const nlohmann::json& document() {
  static const auto kDocument = [] {
    std::ifstream file("tests/reference/policies/repositories.json");
    return nlohmann::json::parse(file);
  }();
  return kDocument;
}

std::vector<float> scaled(const nlohmann::json& numbers) {
  const float scale = document().at("scale");
  std::vector<float> values = numbers;
  for (float& value : values) value *= scale;
  return values;
}

ReferenceInput input_named(const std::string& name) {
  const nlohmann::json& input = document().at("inputs").at(name);
  return {.shape = {.layers = input.at("layers"), .kv_heads = input.at("kv_heads")},
          .group = input.at("group"),
          .tokens = input.at("tokens"),
          .head_dim = input.at("head_dim"),
          .queries = scaled(input.at("queries")),
          .keys = scaled(input.at("keys"))};
}

Dropped dropped_of(const nlohmann::json& decisions) {
  Dropped dropped;
  for (const nlohmann::json& decision : decisions) {
    dropped.emplace(decision.at("length"), decision.at("positions"));
  }
  return dropped;
}

/// Of a (row, token, component) array.
std::span<const float> vector_at(const ReferenceInput& input, const std::vector<float>& values,
                                 std::int32_t row, std::int32_t token) {
  const auto dim = static_cast<std::size_t>(input.head_dim);
  const auto number = static_cast<std::size_t>(row * input.tokens + token);
  return std::span(values).subspan(number * dim, dim);
}

float dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

std::span<const float> ReferenceInput::key(std::int32_t plane, std::int32_t token) const {
  return vector_at(*this, keys, plane, token);
}

std::vector<float> ReferenceInput::attention(std::int32_t plane, std::int32_t member,
                                             std::int32_t query, const Tokens& listed) const {
  const auto asks = vector_at(*this, queries, plane * group + member, query);
  std::vector<float> shares(listed.size(), 0.0F);
  float sum = 0.0F;
  for (std::size_t i = 0; i < listed.size() && listed[i] <= query; ++i) {
    shares[i] =
        std::exp(dot(asks, key(plane, listed[i])) / std::sqrt(static_cast<float>(head_dim)));
    sum += shares[i];
  }
  for (float& share : shares) share /= sum;
  return shares;
}

ReferenceCase reference_case(std::string_view name) {
  for (const nlohmann::json& one : document().at("cases")) {
    if (one.at("name") != name) continue;
    ReferenceInput input = input_named(one.at("input"));
    const std::int32_t tokens = one.value("tokens", input.tokens);
    return {.input = std::move(input),
            .prompt = one.at("prompt"),
            .tokens = tokens,
            .dropped = dropped_of(one.at("dropped"))};
  }
  throw std::invalid_argument("repositories.json has no case `" + std::string(name) + "`");
}

}  // namespace pagequest::testing
