// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/idle_backend.h"

#include <cstdint>
#include <memory>
#include <span>

#include "engine/runtime/cpu_backend.h"

namespace pagequest::bench {
namespace {

class IdleBackend final : public runtime::Backend {
 public:
  [[nodiscard]] std::int64_t page_bytes() const override { return 0; }
  void place_captures(std::span<runtime::ForwardChunk> /*chunks*/) override {}
  void begin(std::int64_t /*iteration*/, const runtime::PageTransfers& /*transfers*/,
             std::span<const runtime::ForwardChunk> chunks) override {
    for (const runtime::ForwardChunk& chunk : chunks) {
      if (chunk.next_token != nullptr) *chunk.next_token = 0;
    }
  }
  void finish_tokens() override {}
  void finish_captures() override {}
  [[nodiscard]] runtime::KeyBounds key_bounds(const runtime::SequenceTables& /*tables*/,
                                              std::int32_t /*page*/) override {
    return {};
  }
};

}  // namespace

const runtime::BackendMaker& idle_backend_maker() {
  static const runtime::BackendMaker kMaker = {
      .block_bytes = runtime::cpu_backend_maker().block_bytes,
      .make = [](const model::Model& /*model*/, const runtime::EngineConfig& /*config*/,
                 const runtime::KvGroups& /*groups*/,
                 std::int32_t /*pages*/) -> std::unique_ptr<runtime::Backend> {
        return std::make_unique<IdleBackend>();
      }};
  return kMaker;
}

}  // namespace pagequest::bench
