// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/cuda_backend.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "engine/runtime/cuda/backend.h"
#include "engine/runtime/cuda/device_memory.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

gpu::DeviceKvLayout device_layout(const EngineConfig& config, const model::ModelConfig& model) {
  return {.type = runtime::layout_of(config, model).type,
          .head_dim = model.head_dim,
          .page_size = config.page_size};
}

/// Of the largest pass: a chunk of the first prompt may come beside as many decode chunks as fit,
/// and passes of decode chunks are padded.
std::int64_t most_rows(const EngineConfig& config) {
  return padded_chunks(config.max_batch_tokens) +
         std::min(config.prefill_chunk, config.max_batch_tokens);
}

std::int64_t block_bytes(const EngineConfig& config, const model::ModelConfig& model) {
  return device_layout(config, model).block_bytes();
}

std::unique_ptr<Backend> make(const model::Model& model, const EngineConfig& config,
                              const KvGroups& groups, std::int32_t pages) {
  if (model.config().head_dim > gpu::kMostHeadDim) {
    throw usage_error({.what = "the model's heads are too large for the GPU's kernels",
                       .where = "head_dim",
                       .found = std::to_string(model.config().head_dim),
                       .expected = "at most " + std::to_string(gpu::kMostHeadDim),
                       .hint = "use --device cpu"});
  }
  check_memory({.weights = DeviceWeights::bytes(model.weights()),
                .activations = DeviceWorkspace::bytes(model.config(), most_rows(config), true),
                .pages = pages,
                .page_bytes = groups.planes() * block_bytes(config, model.config())},
               gpu::device_info());
  return std::make_unique<CudaBackend>(model, config, groups, pages);
}

}  // namespace

const BackendMaker& backend_maker() {
  static constexpr BackendMaker kMaker = {.block_bytes = block_bytes, .make = make};
  return kMaker;
}

CudaBackend::CudaBackend(const model::Model& model, const EngineConfig& config,
                         const KvGroups& groups, std::int32_t pages)
    : model_(model.config()),
      multiprocessors_(gpu::device_info().multiprocessors),
      weights_(model.weights(), stream_),
      cache_(model_, groups, pages, device_layout(config, model_), stream_),
      rope_(model_),
      work_(model_, most_rows(config), weights_.has_f32(), stream_),
      batch_(groups.count(), config.capture_options.thresholds, stream_),
      captures_(model_, config.capture_options),
      key_bounds_(model_, groups),
      results_(model_.vocabulary),
      costs_(model, groups, runtime::layout_of(config, model_).type,
             {.element_bytes = weights_.has_f32() ? 4 : 2, .fused_activation = true}),
      observer_(config.observer, stream_),
      decoder_(model_, weights_, cache_, rope_, work_, multiprocessors_) {}

void CudaBackend::place_captures(std::span<ForwardChunk> chunks) {
  captures_.place(begun_, chunks);
}

void CudaBackend::begin(std::int64_t iteration, const PageTransfers& transfers,
                        std::span<const ForwardChunk> chunks) {
  PQ_CHECK(answered_ == begun_, "a pass begins when the tokens of the one before are read");
  plan_ = plan_pass(chunks);
  reserve(chunks);
  if (observer_.active()) costs_.set_pass(chunks);
  observer_.begin_pass(begun_, iteration, plan_.phase(), costs_, stream_);
  upload(transfers);
  transfer(transfers);
  compute();
  download();
  ++begun_;
}

void CudaBackend::reserve(std::span<const ForwardChunk> chunks) {
  std::int64_t positions = 0;
  for (const ForwardChunk& chunk : chunks) {
    positions = std::max(positions, chunk.first_position + chunk.rows());
  }
  const gpu::BatchView shape = shape_of(plan_);
  const std::int64_t scratch =
      gpu::attention_scratch_bytes(shape, cache_.view(), plan_.captures, multiprocessors_);
  bool moved = rope_.reserve(positions, stream_);
  moved |= work_.reserve(plan_.kept_rows(), scratch, stream_);
  if (moved) graphs_.clear();
}

void CudaBackend::upload(const PageTransfers& transfers) {
  observer_.run(
      OperationKind::upload, -1, stream_,
      [&] {
        if (batch_.upload(plan_, transfers, begun_, captures_, stream_)) graphs_.clear();
      },
      batch_.bytes(plan_, transfers));
}

void CudaBackend::transfer(const PageTransfers& transfers) {
  if (transfers.empty()) return;
  const auto run = [&] {
    cache_.move(batch_.moves(), std::ssize(transfers.moves), stream_);
    cache_.copy(batch_.copies(), std::ssize(transfers.copies), stream_);
  };
  observer_.run(OperationKind::copy_pages, -1, stream_, run,
                costs_.of(transfers, cache_.page_bytes()).bytes);
}

void CudaBackend::compute() {
  const auto run = [this] { decoder_.run(plan_, batch_, stream_, observer_); };
  // An observer wants to see each operation.
  if (observer_.active() || !plan_.decodes_only()) return run();
  graphs_.run({plan_.decode_chunks, plan_.most_pages, plan_.captures}, stream_, run);
}

void CudaBackend::download() {
  observer_.run(
      OperationKind::download, -1, stream_, [&] { results_.download(plan_, work_, stream_); },
      PassResults::bytes(plan_, model_.vocabulary));
  if (!plan_.captures) return;
  captures_.follow(stream_);  // before the observer's clock starts
  observer_.run(
      OperationKind::download, -1, captures_.stream(), [&] { captures_.download(begun_); },
      captures_.bytes(begun_));
}

void CudaBackend::finish_tokens() {
  results_.finish(plan_);
  answered_ = begun_;
}

void CudaBackend::finish_captures() {
  for (; captured_ < answered_; ++captured_) {
    captures_.finish(captured_);
    observer_.report(captured_);
  }
}

KeyBounds CudaBackend::key_bounds(const SequenceTables& tables, std::int32_t page) {
  return key_bounds_.read(tables, page, cache_, stream_);
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
