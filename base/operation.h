// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

/// What a forward pass consists of, for those who measure it.
namespace pagequest {

enum class OperationKind : std::uint8_t {
  embed,
  norm,
  query_key_value,  // projection
  store_kv,         // norms of queries and keys, rotation, storing
  attention,
  attention_output,  // projection
  gate_up,           // projection, with the activation where it is fused
  activation,
  down,  // projection
  route,
  experts,
  logits,
  sample,
  copy_pages,  // and rows that move between pages
  upload,      // of the batch's description
  download,    // of tokens and captured attention
};
inline constexpr std::int32_t kOperationKinds = 16;

[[nodiscard]] std::string_view to_string(OperationKind kind);

enum class Phase : std::uint8_t { prefill, decode, mixed };

[[nodiscard]] std::string_view to_string(Phase phase);

/// One operation of one layer of one forward pass, with what it must move and compute at least:
/// each weight, key, value and activation once.
struct Operation {
  std::int64_t iteration = 0;  // of the engine, as in TokensFilled
  std::int32_t layer = -1;     // -1: not of a layer
  OperationKind kind = OperationKind::embed;
  Phase phase = Phase::decode;
  std::int64_t bytes = 0;
  std::int64_t flops = 0;
};

/// Watches the operations of an engine. Operations do not nest.
class OperationObserver {
 public:
  virtual ~OperationObserver() = default;
  /// The work that is done, or launched on a device, until end() belongs to `operation`.
  virtual void begin(const Operation& operation) = 0;
  virtual void end() = 0;
  /// Whether a device shall time operations by its own events and report them by measured().
  [[nodiscard]] virtual bool wants_device_times() const { return false; }
  /// `start_ns` counts from any origin that is the same for one engine.
  virtual void measured(const Operation& /*operation*/, std::int64_t /*start_ns*/,
                        std::int64_t /*duration_ns*/) {}
};

}  // namespace pagequest
