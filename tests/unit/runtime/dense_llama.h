// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/model/model_config.h"

namespace pagequest::runtime::test {

struct DenseResult {
  std::vector<std::vector<float>> logits;  // (position, vocabulary)
  /// (layer, query head, row, token): attention probabilities.
  std::vector<std::vector<std::vector<std::vector<double>>>> probabilities;
  /// (layer, position, heads x head_dim): after the rotation.
  std::vector<std::vector<std::vector<float>>> queries;
  std::vector<std::vector<std::vector<float>>> keys;
};

/// What the rotation goes by: a token's position, or, anew for each row and head, its place among
/// the tokens that the row sees there.
enum class Numbering : std::uint8_t { position, place };

/// A Llama forward pass over one whole sequence from the plain operations of ops::reference: no
/// pages, no cache, no batches, sums in double precision. The oracle for masses and evictions.
class DenseLlama {
 public:
  explicit DenseLlama(const std::filesystem::path& folder);

  /// `visible(row, token)`: whether the row may see the token, for token <= row.
  [[nodiscard]] DenseResult run(const std::vector<std::int32_t>& tokens,
                                const std::function<bool(std::size_t, std::size_t)>& visible,
                                Numbering numbering = Numbering::position) const;
  [[nodiscard]] DenseResult run(const std::vector<std::int32_t>& tokens) const;
  /// `visible(layer, KV head, row, token)`: the same for each head.
  [[nodiscard]] DenseResult run_heads(
      const std::vector<std::int32_t>& tokens,
      const std::function<bool(std::int32_t, std::int32_t, std::size_t, std::size_t)>& visible,
      Numbering numbering = Numbering::position) const;

  [[nodiscard]] const model::ModelConfig& config() const { return config_; }

 private:
  using Rows = std::vector<std::vector<float>>;

  [[nodiscard]] Rows project(const Rows& x, const std::string& weight) const;
  [[nodiscard]] Rows normalise(const Rows& x, const std::string& weight) const;
  [[nodiscard]] Rows rotate(Rows x) const;
  [[nodiscard]] std::vector<float> rotate_head(std::span<const float> head,
                                               std::int64_t position) const;
  /// Keys (token, head_dim) before the rotation; the visible ones are rotated by their places.
  [[nodiscard]] std::vector<float> rotate_by_place(std::vector<float> keys,
                                                   const std::vector<bool>& visible) const;

  model::ModelConfig config_;
  std::map<std::string, std::vector<float>> weights_;
};

}  // namespace pagequest::runtime::test
