// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "engine/model/safetensors.h"
#include "engine/runtime/engine.h"

/// The checkpoints of tests/reference/families and what Transformers computes with them; README.md
/// there lists the tensors.
namespace pagequest::reference {

/// A checkpoint: family and storage of the weights, "llama/f32".
struct Checkpoint {
  std::string name;
  bool f32 = true;
  /// Of a logit, relative to the range of the expected logits.
  [[nodiscard]] double tolerance() const { return f32 ? 1e-4 : 2e-3; }
  [[nodiscard]] std::string folder() const { return "tests/reference/families/" + name; }
  /// Keys and values in the storage of the weights.
  [[nodiscard]] runtime::EngineConfig engine_config(std::int32_t prefill_chunk) const;
};

/// Of all families; gpt-oss and Qwen3 also with quantised weights.
[[nodiscard]] std::vector<Checkpoint> all_checkpoints();
/// Those with weights in f32.
[[nodiscard]] std::vector<Checkpoint> f32_checkpoints();

/// The elements of a tensor whose dtype is T's.
template <class T>
std::vector<T> values_of(const model::Tensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// What Transformers computes with a checkpoint.
class Expected {
 public:
  explicit Expected(const Checkpoint& checkpoint);

  [[nodiscard]] bool has(const std::string& tensor) const;
  [[nodiscard]] std::vector<std::int64_t> shape(const std::string& tensor) const;
  [[nodiscard]] std::vector<float> floats(const std::string& tensor) const;
  [[nodiscard]] std::vector<std::int32_t> integers(const std::string& tensor) const;

 private:
  [[nodiscard]] const model::Tensor& tensor(const std::string& name) const;
  model::Safetensors file_;
};

/// Rows of expected logits, and the worst deviation from them so far.
class ExpectedLogits {
 public:
  /// `tensor` of (..., vocabulary).
  ExpectedLogits(const Expected& expected, const std::string& tensor);

  /// Takes the logits of a row into account.
  void compare(std::size_t row, std::span<const float> logits);

  /// Relative to the range of all expected logits.
  [[nodiscard]] double worst() const { return worst_ / range_; }
  /// Rows that were compared, with repetitions.
  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  std::size_t vocabulary_;
  std::vector<float> rows_;
  double range_;
  double worst_ = 0.0;
  std::size_t compared_ = 0;
};

}  // namespace pagequest::reference
