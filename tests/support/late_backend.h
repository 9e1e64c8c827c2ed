// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/runtime/cpu_backend.h"

namespace pagequest::testing {

/// The processor behaving like the slowest GPU that the contract of runtime::Backend allows: a pass
/// is computed when somebody waits for its tokens, and its captures read as NaN until somebody
/// waits for them. Throws std::logic_error when the engine breaks the contract.
class LateBackend final : public runtime::Backend {
 public:
  LateBackend(const model::Model& model, const runtime::EngineConfig& config,
              const runtime::KvGroups& groups, std::int32_t pages)
      : model_(model.config()), cpu_(model, config, groups, pages) {}

  [[nodiscard]] std::int64_t page_bytes() const override { return cpu_.page_bytes(); }

  void place_captures(std::span<runtime::ForwardChunk> chunks) override {
    cpu_.place_captures(chunks);
    for (runtime::ForwardChunk& chunk : chunks) fill_with_nan(chunk);
  }

  void begin(std::int64_t iteration, const runtime::PageTransfers& transfers,
             std::span<const runtime::ForwardChunk> chunks) override {
    expect(!running_, "a pass begins when the tokens of the one before are read");
    running_ = true;
    iteration_ = iteration;
    moves_.assign(transfers.moves.begin(), transfers.moves.end());
    copies_.assign(transfers.copies.begin(), transfers.copies.end());
    chunks_ = chunks;
    for (const runtime::ForwardChunk& chunk : chunks) {
      if (chunk.next_token != nullptr) *chunk.next_token = -1;
    }
  }

  void finish_tokens() override {
    expect(std::exchange(running_, false), "a pass is under way");
    expect(hidden_.empty(), "the captures of the pass before are read");
    cpu_.begin(iteration_, {.moves = moves_, .copies = copies_}, chunks_);
    for (const runtime::ForwardChunk& chunk : chunks_) {
      if (chunk.captures) hide(chunk);
    }
    computed_ = true;
  }

  void finish_captures() override {
    expect(std::exchange(computed_, false), "captures are waited for once, behind the tokens");
    for (const auto& [to, values] : std::exchange(hidden_, {})) {
      std::copy(values.begin(), values.end(), to);
    }
  }

  [[nodiscard]] runtime::KeyBounds key_bounds(const runtime::SequenceTables& tables,
                                              std::int32_t page) override {
    expect(!running_, "the page's tokens are computed");
    return cpu_.key_bounds(tables, page);
  }

  [[nodiscard]] static const runtime::BackendMaker& maker() {
    static const runtime::BackendMaker kMaker = {
        .block_bytes = runtime::cpu_backend_maker().block_bytes,
        .make = [](const model::Model& model, const runtime::EngineConfig& config,
                   const runtime::KvGroups& groups,
                   std::int32_t pages) -> std::unique_ptr<runtime::Backend> {
          return std::make_unique<LateBackend>(model, config, groups, pages);
        }};
    return kMaker;
  }

 private:
  static void expect(bool kept, const char* rule) {
    if (!kept) throw std::logic_error(rule);
  }

  /// The chunk's masses and queries; null parts are left out.
  [[nodiscard]] std::vector<std::span<float>> parts_of(const runtime::ForwardChunk& chunk) const {
    const std::int64_t planes = std::int64_t{model_.layers} * model_.kv_heads;
    const std::int64_t heads = std::int64_t{model_.layers} * model_.query_heads;
    std::vector<std::span<float>> parts;
    const auto add = [&](float* values, std::int64_t count) {
      if (values != nullptr) parts.emplace_back(values, static_cast<std::size_t>(count));
    };
    add(chunk.capture.mean, planes * chunk.listed());
    add(chunk.capture.max, planes * chunk.listed());
    add(chunk.capture.sink_share, planes);
    add(chunk.capture.query_head_mass, heads * chunk.listed());
    add(chunk.capture.last_query, heads * model_.head_dim);
    return parts;
  }

  void fill_with_nan(const runtime::ForwardChunk& chunk) const {
    for (const std::span<float> part : parts_of(chunk)) {
      std::fill(part.begin(), part.end(), std::numeric_limits<float>::quiet_NaN());
    }
  }

  void hide(const runtime::ForwardChunk& chunk) {
    for (const std::span<float> part : parts_of(chunk)) {
      hidden_.emplace_back(part.data(), std::vector<float>(part.begin(), part.end()));
    }
    fill_with_nan(chunk);
  }

  const model::ModelConfig& model_;
  runtime::CpuBackend cpu_;
  bool running_ = false;
  bool computed_ = false;
  std::int64_t iteration_ = 0;
  std::vector<kv::RowMove> moves_;
  std::vector<kv::PageCopy> copies_;
  std::span<const runtime::ForwardChunk> chunks_;
  std::vector<std::pair<float*, std::vector<float>>> hidden_;  // by where it belongs
};

}  // namespace pagequest::testing
