// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/families/fixture.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace pagequest::reference {

runtime::EngineConfig Checkpoint::engine_config(std::int32_t prefill_chunk) const {
  return {.pool_pages = 256,
          .kv_storage = f32 ? runtime::KvStorage::f32 : runtime::KvStorage::bf16,
          .max_batch_tokens = 2048,
          .prefill_chunk = prefill_chunk,
          .threads = 2,
          .isa = {}};
}

std::vector<Checkpoint> f32_checkpoints() {
  std::vector<Checkpoint> checkpoints;
  for (const char* family :
       {"llama", "llama-linear", "qwen2", "qwen3", "qwen3_moe", "mistral", "gpt_oss"}) {
    checkpoints.push_back({.name = std::string(family) + "/f32"});
  }
  return checkpoints;
}

std::vector<Checkpoint> all_checkpoints() {
  std::vector<Checkpoint> checkpoints = f32_checkpoints();
  for (const Checkpoint& checkpoint : f32_checkpoints()) {
    const std::string family = checkpoint.name.substr(0, checkpoint.name.find('/'));
    checkpoints.push_back({.name = family + "/bf16", .f32 = false});
  }
  checkpoints.push_back({.name = "gpt_oss/mxfp4", .f32 = false});
  checkpoints.push_back({.name = "qwen3/fp8", .f32 = false});
  return checkpoints;
}

Expected::Expected(const Checkpoint& checkpoint)
    : file_(checkpoint.folder() + ".expected.safetensors") {}

const model::Tensor& Expected::tensor(const std::string& name) const {
  return file_.tensors().at(name);
}

bool Expected::has(const std::string& name) const { return file_.tensors().contains(name); }

std::vector<std::int64_t> Expected::shape(const std::string& name) const {
  return tensor(name).shape;
}

std::vector<float> Expected::floats(const std::string& name) const {
  PQ_CHECK(tensor(name).dtype == "F32", "expected values are stored in f32");
  return values_of<float>(tensor(name));
}

std::vector<std::int32_t> Expected::integers(const std::string& name) const {
  PQ_CHECK(tensor(name).dtype == "I32", "tokens and positions are stored in 32 bits");
  return values_of<std::int32_t>(tensor(name));
}

ExpectedLogits::ExpectedLogits(const Expected& expected, const std::string& tensor)
    : vocabulary_(static_cast<std::size_t>(expected.shape(tensor).back())),
      rows_(expected.floats(tensor)) {
  const auto [lowest, highest] = std::minmax_element(rows_.begin(), rows_.end());
  range_ = static_cast<double>(*highest) - static_cast<double>(*lowest);
}

void ExpectedLogits::compare(std::size_t row, std::span<const float> logits) {
  PQ_CHECK(logits.size() == vocabulary_ && (row + 1) * vocabulary_ <= rows_.size(),
           "the row is one of the expected ones");
  for (std::size_t i = 0; i < vocabulary_; ++i) {
    const double difference = std::abs(static_cast<double>(logits[i]) -
                                       static_cast<double>(rows_[row * vocabulary_ + i]));
    if (!(difference <= worst_)) worst_ = difference;  // keeps a NaN
  }
  ++compared_;
}

}  // namespace pagequest::reference
