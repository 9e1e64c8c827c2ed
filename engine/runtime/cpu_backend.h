// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/model/model.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/capture_store.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/operation_costs.h"

namespace pagequest::runtime {

/// The processor: all of a pass is done when begin() returns.
class CpuBackend final : public Backend {
 public:
  /// All references must outlive the backend; `config` must have been resolved. `pages`: physical.
  CpuBackend(const model::Model& model, const EngineConfig& config, const KvGroups& groups,
             std::int32_t pages);

  [[nodiscard]] std::int64_t page_bytes() const override { return cache_.page_bytes(); }
  void place_captures(std::span<ForwardChunk> chunks) override { captures_.place(chunks); }
  void begin(std::int64_t iteration, const PageTransfers& transfers,
             std::span<const ForwardChunk> chunks) override;
  void finish_tokens() override {}
  void finish_captures() override {}
  [[nodiscard]] KeyBounds key_bounds(const SequenceTables& tables, std::int32_t page) override;

 private:
  void transfer(const PageTransfers& transfers, const OperationWatch& watch);

  const model::ModelConfig& model_;
  KvCache cache_;
  Forward forward_;
  CaptureStore captures_;
  OperationObserver* observer_;
  OperationCosts costs_;
};

[[nodiscard]] const BackendMaker& cpu_backend_maker();

}  // namespace pagequest::runtime
