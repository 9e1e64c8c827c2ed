// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cpu_backend.h"

#include <memory>

#include "engine/runtime/engine_config.h"

namespace pagequest::runtime {
namespace {

std::int64_t block_bytes(const EngineConfig& config, const model::ModelConfig& model) {
  return layout_of(config, model).block_bytes();
}

std::unique_ptr<Backend> make(const model::Model& model, const EngineConfig& config,
                              const KvGroups& groups, std::int32_t pages) {
  return std::make_unique<CpuBackend>(model, config, groups, pages);
}

}  // namespace

CpuBackend::CpuBackend(const model::Model& model, const EngineConfig& config,
                       const KvGroups& groups, std::int32_t pages)
    : model_(model.config()),
      cache_(groups, pages, layout_of(config, model_), config.page_bounds),
      forward_(model, cache_, config),
      captures_(model_, config.capture_options),
      observer_(config.observer),
      costs_(model, groups, cache_.layout().type, {}) {}

void CpuBackend::begin(std::int64_t iteration, const PageTransfers& transfers,
                       std::span<const ForwardChunk> chunks) {
  if (observer_ != nullptr) costs_.set_pass(chunks);
  const OperationWatch watch(observer_, &costs_, iteration);
  if (!transfers.empty()) transfer(transfers, watch);
  forward_.run(chunks, watch);
}

void CpuBackend::transfer(const PageTransfers& transfers, const OperationWatch& watch) {
  const OperationCost cost = costs_.of(transfers, cache_.page_bytes());
  watch.run(OperationKind::copy_pages, -1, cost, [&] {
    for (const kv::RowMove& move : transfers.moves) cache_.move(move);
    for (const kv::PageCopy& copy : transfers.copies) cache_.copy(copy);
  });
}

KeyBounds CpuBackend::key_bounds(const SequenceTables& tables, std::int32_t page) {
  return runtime::key_bounds(tables, page, cache_, model_);
}

const BackendMaker& cpu_backend_maker() {
  static constexpr BackendMaker kMaker = {.block_bytes = block_bytes, .make = make};
  return kMaker;
}

}  // namespace pagequest::runtime
