// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/ids.h"
#include "engine/model/model.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/key_bounds.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/page_transfers.h"
#include "engine/runtime/sequence_tables.h"

namespace pagequest::runtime {

/// What computes an engine's forward passes and holds its keys and values: the processor or a GPU.
/// Used by one thread. One pass is under way at a time.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Keys and values of one physical page, all planes of a KV group.
  [[nodiscard]] virtual std::int64_t page_bytes() const = 0;

  /// Gives each chunk that captures its buffers. Those that the call before gave stay as they are
  /// until the next call, so that one pass's capture can be read while the next one runs.
  virtual void place_captures(std::span<ForwardChunk> chunks) = 0;

  /// Moves rows and copies pages, then runs a pass over the chunks, which must live until
  /// finish_tokens(). May return before any of it is done.
  virtual void begin(std::int64_t iteration, const PageTransfers& transfers,
                     std::span<const ForwardChunk> chunks) = 0;
  /// Blocks until the tokens and logits of the pass that began last are written.
  virtual void finish_tokens() = 0;
  /// The same for its captures. Comes after finish_tokens(), and before the next-but-one begin().
  virtual void finish_captures() = 0;

  /// See runtime::KeyBounds; the page's tokens were computed by passes that began before.
  [[nodiscard]] virtual KeyBounds key_bounds(const SequenceTables& tables, std::int32_t page) = 0;
};

/// Makes the backends of one kind of device.
struct BackendMaker {
  /// Bytes of one physical page in one plane of a KV group. `config` must have been resolved.
  std::int64_t (*block_bytes)(const EngineConfig& config, const model::ModelConfig& model);
  /// All references must outlive the backend. `pages`: physical ones.
  std::unique_ptr<Backend> (*make)(const model::Model& model, const EngineConfig& config,
                                   const KvGroups& groups, std::int32_t pages);
};

/// `automatic` as what it stands for here.
[[nodiscard]] Device resolve(Device device);

/// Throws usage_error where the build lacks a device, device_error where the machine does.
void require(Device device);

/// For a resolved device. Throws usage_error where the build lacks it.
[[nodiscard]] const BackendMaker& backend_maker(Device device);

}  // namespace pagequest::runtime
