// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/runtime/dense_llama.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "engine/model/matrix_view.h"
#include "engine/ops/cpu/reference.h"

namespace pagequest::runtime::test {
namespace {

namespace reference = ops::reference;

std::vector<float> to_floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

void add_rows(std::vector<std::vector<float>>& x, const std::vector<std::vector<float>>& y) {
  for (std::size_t row = 0; row < x.size(); ++row) {
    for (std::size_t i = 0; i < x[row].size(); ++i) x[row][i] += y[row][i];
  }
}

/// Head `head` of every row, one after the other.
std::vector<float> head_of(const std::vector<std::vector<float>>& rows, std::size_t head,
                           std::size_t head_dim) {
  std::vector<float> out;
  for (const auto& row : rows) {
    const auto first = row.begin() + static_cast<std::ptrdiff_t>(head * head_dim);
    out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(head_dim));
  }
  return out;
}

}  // namespace

DenseLlama::DenseLlama(const std::filesystem::path& folder) : config_(model::load_config(folder)) {
  const model::Safetensors file(folder / "model.safetensors");
  for (const auto& [name, tensor] : file.tensors()) {
    weights_[name] = model::to_floats(file, name, tensor);
  }
}

DenseLlama::Rows DenseLlama::project(const Rows& x, const std::string& weight) const {
  const std::vector<float>& matrix = weights_.at(weight);
  Rows out;
  for (const auto& row : x) {
    const auto inputs = static_cast<std::int64_t>(row.size());
    const auto outputs = static_cast<std::int64_t>(matrix.size()) / inputs;
    out.push_back(to_floats(reference::linear(row, matrix, 1, inputs, outputs)));
  }
  return out;
}

DenseLlama::Rows DenseLlama::normalise(const Rows& x, const std::string& weight) const {
  Rows out;
  for (const auto& row : x) {
    out.push_back(to_floats(reference::rms_norm(row, weights_.at(weight),
                                                static_cast<double>(config_.rms_norm_epsilon))));
  }
  return out;
}

DenseLlama::Rows DenseLlama::rotate(Rows x) const {
  const auto head_dim = static_cast<std::size_t>(config_.head_dim);
  for (std::size_t position = 0; position < x.size(); ++position) {
    for (std::size_t i = 0; i < x[position].size(); i += head_dim) {
      const std::span<float> head = std::span(x[position]).subspan(i, head_dim);
      const auto turned = rotate_head(head, static_cast<std::int64_t>(position));
      std::copy(turned.begin(), turned.end(), head.begin());
    }
  }
  return x;
}

std::vector<float> DenseLlama::rotate_head(std::span<const float> head,
                                           std::int64_t position) const {
  return to_floats(reference::rope(head, position, config_.rope.theta));
}

std::vector<float> DenseLlama::rotate_by_place(std::vector<float> keys,
                                               const std::vector<bool>& visible) const {
  const auto head_dim = static_cast<std::size_t>(config_.head_dim);
  std::int64_t place = 0;
  for (std::size_t token = 0; token < visible.size(); ++token) {
    if (!visible[token]) continue;
    const std::span<float> key = std::span(keys).subspan(token * head_dim, head_dim);
    const auto turned = rotate_head(key, place++);
    std::copy(turned.begin(), turned.end(), key.begin());
  }
  return keys;
}

DenseResult DenseLlama::run_heads(
    const std::vector<std::int32_t>& tokens,
    const std::function<bool(std::int32_t, std::int32_t, std::size_t, std::size_t)>& visible,
    Numbering numbering) const {
  const auto head_dim = static_cast<std::size_t>(config_.head_dim);
  const auto width = static_cast<std::ptrdiff_t>(config_.hidden_size);
  DenseResult result;
  Rows x;
  for (const std::int32_t token : tokens) {
    const auto first = weights_.at("model.embed_tokens.weight").begin() + token * width;
    x.emplace_back(first, first + width);
  }
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    const Rows normed = normalise(x, prefix + "input_layernorm.weight");
    const bool by_place = numbering == Numbering::place;
    const Rows plain_query = project(normed, prefix + "self_attn.q_proj.weight");
    const Rows plain_key = project(normed, prefix + "self_attn.k_proj.weight");
    const Rows query = rotate(plain_query);
    const Rows key = rotate(plain_key);
    const Rows value = project(normed, prefix + "self_attn.v_proj.weight");
    Rows mixed(x.size());
    result.probabilities.emplace_back();
    for (std::int32_t head = 0; head < config_.query_heads; ++head) {
      const std::int32_t kv_head = head / (config_.query_heads / config_.kv_heads);
      const auto keys =
          head_of(by_place ? plain_key : key, static_cast<std::size_t>(kv_head), head_dim);
      const auto values = head_of(value, static_cast<std::size_t>(kv_head), head_dim);
      auto& rows = result.probabilities.back().emplace_back();
      for (std::size_t row = 0; row < x.size(); ++row) {
        std::vector<bool> mask;
        for (std::size_t t = 0; t < x.size(); ++t) {
          mask.push_back(t <= row && visible(layer, kv_head, row, t));
        }
        const std::size_t offset = static_cast<std::size_t>(head) * head_dim;
        const auto seen = std::count(mask.begin(), mask.end(), true);
        const auto one = reference::attention(
            by_place ? rotate_head(std::span(plain_query[row]).subspan(offset, head_dim), seen - 1)
                     : std::vector<float>(
                           query[row].begin() + static_cast<std::ptrdiff_t>(offset),
                           query[row].begin() + static_cast<std::ptrdiff_t>(offset + head_dim)),
            by_place ? rotate_by_place(keys, mask) : keys, values, mask,
            1.0 / std::sqrt(static_cast<double>(head_dim)));
        mixed[row].insert(mixed[row].end(), one.output.begin(), one.output.end());
        rows.push_back(one.weights);
      }
    }
    result.queries.push_back(query);
    result.keys.push_back(key);
    add_rows(x, project(mixed, prefix + "self_attn.o_proj.weight"));
    const Rows again = normalise(x, prefix + "post_attention_layernorm.weight");
    Rows gate_up = project(again, prefix + "mlp.gate_proj.weight");
    const Rows up = project(again, prefix + "mlp.up_proj.weight");
    for (std::size_t row = 0; row < x.size(); ++row) {
      gate_up[row].insert(gate_up[row].end(), up[row].begin(), up[row].end());
      gate_up[row] = to_floats(reference::swiglu(gate_up[row]));
    }
    add_rows(x, project(gate_up, prefix + "mlp.down_proj.weight"));
  }
  const std::string output =
      config_.tied_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  result.logits = project(normalise(x, "model.norm.weight"), output);
  return result;
}

DenseResult DenseLlama::run(const std::vector<std::int32_t>& tokens,
                            const std::function<bool(std::size_t, std::size_t)>& visible,
                            Numbering numbering) const {
  return run_heads(
      tokens,
      [&](std::int32_t, std::int32_t, std::size_t row, std::size_t token) {
        return visible(row, token);
      },
      numbering);
}

DenseResult DenseLlama::run(const std::vector<std::int32_t>& tokens) const {
  return run(tokens, [](std::size_t, std::size_t) { return true; });
}

}  // namespace pagequest::runtime::test
