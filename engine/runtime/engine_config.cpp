// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <thread>

#include "base/check.h"
#include "base/error.h"
#include "base/params.h"
#include "engine/kv/policies/registry.h"
#include "engine/runtime/backend.h"

namespace pagequest::runtime {
namespace {

constexpr std::int32_t kEndless = std::numeric_limits<std::int32_t>::max();
constexpr std::array kDevices = {Device::automatic, Device::cpu, Device::cuda};
constexpr std::array kStorages = {KvStorage::automatic, KvStorage::f32, KvStorage::bf16,
                                  KvStorage::int8};

[[noreturn]] void throw_impossible(const std::string& name, const std::string& found,
                                   const std::string& expected) {
  throw usage_error({.what = "impossible engine configuration",
                     .where = name,
                     .found = found,
                     .expected = expected,
                     .hint = {}});
}

void check_range(const std::string& name, std::int64_t value, std::int64_t least,
                 std::int64_t most) {
  if (value >= least && value <= most) return;
  throw_impossible(name, std::to_string(value),
                   "an integer from " + std::to_string(least) + " to " + std::to_string(most));
}

void check_thresholds(const std::vector<float>& thresholds) {
  float before = 0.0F;
  for (const float threshold : thresholds) {
    if (!(threshold > before && threshold <= 1.0F)) {
      throw_impossible("thresholds", std::to_string(threshold),
                       "ascending probabilities above 0, at most 1");
    }
    before = threshold;
  }
}

KvStorage storage_for(const model::Model& model) {
  const bool f32 = model.weights().embedding.type() == ops::WeightType::f32;
  return f32 ? KvStorage::f32 : KvStorage::bf16;
}

/// With what goes by the device filled in.
EngineConfig with_device(EngineConfig config) {
  constexpr std::int32_t kMostLag = 64;  // steps; a longer one keeps no budget
  config.device = resolve(config.device);
  const bool gpu = config.device == Device::cuda;
  if (!config.policy_lag_steps) config.policy_lag_steps = gpu ? 1 : 0;
  const std::int32_t lag = *config.policy_lag_steps;
  check_range("policy_lag_steps", lag, 0, kMostLag);
  if (!config.overlap) config.overlap = gpu && lag > 0;
  if (*config.overlap && lag == 0) {
    throw_impossible("overlap", "on, with policy_lag_steps 0", "a lag of at least 1 step");
  }
  return config;
}

std::int32_t narrowest_window(const model::ModelConfig& model) {
  std::int32_t narrowest = 0;
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    const std::int32_t window = model.window(layer);
    if (window > 0 && (narrowest == 0 || window < narrowest)) narrowest = window;
  }
  return narrowest;
}

/// A window goes by positions, and what has left it is gone: closing gaps would have to bring
/// tokens back into it.
void check_compact_positions(const kv::PolicySpec& policy, const EngineConfig& config,
                             const model::ModelConfig& model) {
  const std::string where = "policy `" + policy.name + "`, positions `compact`";
  if (config.device == Device::cuda) {
    throw usage_error({.what = "device `cuda` has no compact positions yet",
                       .where = where,
                       .found = {},
                       .expected = {},
                       .hint = "use `--device cpu` or positions `original`"});
  }
  const std::int32_t window = narrowest_window(model);
  if (window == 0) return;
  throw usage_error({.what = "compact positions are not defined for layers with a window",
                     .where = where,
                     .found = "a layer that sees " + std::to_string(window) + " positions",
                     .expected = "a model whose layers see all positions",
                     .hint = "use positions `original`"});
}

ops::KvType type_of(KvStorage storage) {
  PQ_CHECK(storage != KvStorage::automatic, "the configuration is resolved");
  if (storage == KvStorage::f32) return ops::KvType::f32;
  return storage == KvStorage::bf16 ? ops::KvType::bf16 : ops::KvType::int8;
}

}  // namespace

std::string_view to_string(Device device) {
  constexpr std::array<std::string_view, kDevices.size()> kNames = {"auto", "cpu", "cuda"};
  return kNames.at(static_cast<std::size_t>(device));
}

Device device_named(std::string_view name) { return value_named("device", name, kDevices); }

std::string_view to_string(KvStorage storage) {
  constexpr std::array<std::string_view, kStorages.size()> kNames = {"auto", "f32", "bf16", "int8"};
  return kNames.at(static_cast<std::size_t>(storage));
}

KvStorage kv_storage_named(std::string_view name) {
  return value_named("KV storage", name, kStorages);
}

EngineConfig resolve(EngineConfig config, const model::Model& model) {
  constexpr std::int32_t kMostThreads = 1024;
  check_range("page_size", config.page_size, 1, 64);
  check_range("pool_pages", config.pool_pages, 1, kEndless);
  check_range("pool_bytes", config.pool_bytes, 0, std::numeric_limits<std::int64_t>::max());
  check_range("max_batch_tokens", config.max_batch_tokens, 1, kEndless);
  check_range("prefill_chunk", config.prefill_chunk, 1, kEndless);
  check_range("prefill_rows", config.prefill_rows, 1, kEndless);
  check_range("threads", config.threads, 0, kMostThreads);
  check_thresholds(config.capture_options.thresholds);
  const std::vector<ops::Isa> isas = ops::supported_isas();
  if (config.isa && std::find(isas.begin(), isas.end(), *config.isa) == isas.end()) {
    throw_impossible("isa", std::string(to_string(*config.isa)),
                     "an instruction set of this build and processor");
  }
  if (config.threads == 0) {
    config.threads = std::max(1, static_cast<std::int32_t>(std::thread::hardware_concurrency()));
  }
  if (config.kv_storage == KvStorage::automatic) config.kv_storage = storage_for(model);
  return with_device(config);
}

ops::KvLayout layout_of(const EngineConfig& config, const model::ModelConfig& model) {
  return {.type = type_of(config.kv_storage),
          .head_dim = model.head_dim,
          .page_size = config.page_size};
}

std::int32_t physical_pages(const EngineConfig& config, const KvGroups& groups,
                            std::int64_t block_bytes) {
  const std::int64_t page_bytes = groups.planes() * block_bytes;
  const bool by_bytes = config.pool_bytes > 0;
  const std::int64_t pages =
      by_bytes ? config.pool_bytes / page_bytes : std::int64_t{config.pool_pages} * groups.count();
  if (by_bytes && pages < groups.count()) {
    throw_impossible("pool_bytes", std::to_string(config.pool_bytes) + " bytes",
                     "at least " + std::to_string(groups.count() * page_bytes) +
                         " bytes, one page of the model");
  }
  if (pages > kEndless) {
    throw_impossible(by_bytes ? "pool_bytes" : "pool_pages", std::to_string(pages) + " pages",
                     "at most " + std::to_string(kEndless) + " pages over all KV groups");
  }
  return static_cast<std::int32_t>(pages);
}

EngineConfig fitted(EngineConfig config, const kv::PolicySpec& policy) {
  const kv::PolicyNeeds needs = kv::needs_of(policy);
  config.kv_tables = std::max(config.kv_tables, tables_for(needs.sharing));
  config.capture_options.key_bounds = config.capture_options.key_bounds || needs.keys;
  config.page_bounds = config.page_bounds || needs.reads;
  return config;
}

KvTables tables_for(kv::Sharing sharing) {
  if (sharing == kv::Sharing::all) return KvTables::shared;
  return sharing == kv::Sharing::layer ? KvTables::per_layer : KvTables::per_head;
}

namespace {

[[noreturn]] void throw_cannot_select(const std::string& found, const std::string& expected,
                                      const std::string& hint) {
  throw usage_error({.what = "the engine cannot select what the policy reads",
                     .where = "a policy that chooses the pages of each decode step",
                     .found = found,
                     .expected = expected,
                     .hint = hint});
}

}  // namespace

std::optional<kv::ReadPlan> reads_for(const kv::EvictionController& controller,
                                      const EngineConfig& config, const model::ModelConfig& model) {
  if (controller.reads() == nullptr) return std::nullopt;
  if (config.device == Device::cuda) {
    throw_cannot_select("device cuda", "device cpu: GPU kernels read every page so far",
                        "use `--device cpu`");
  }
  if (config.observer != nullptr) {
    throw_cannot_select("an observer of the pass's operations, as `--kernel-times` is",
                        "none: what attention must move is not known before it is chosen",
                        "leave kernel times out");
  }
  if (!config.page_bounds) {
    throw_cannot_select("page bounds off", "page bounds on, by which it ranks", {});
  }
  return kv::ReadPlan(*controller.reads(), {.layers = model.layers, .kv_heads = model.kv_heads});
}

kv::EvictionController controller_for(const kv::PolicySpec& policy, const EngineConfig& config,
                                      const model::ModelConfig& model) {
  kv::EvictionController controller(policy, config.page_size, *config.policy_lag_steps,
                                    {.layers = model.layers, .kv_heads = model.kv_heads});
  if (controller.positions() == kv::Positions::compact) {
    check_compact_positions(policy, config, model);
  }
  if (controller.needs_attention() && !config.capture) {
    throw usage_error({.what = "the policy reads attention but capture is off",
                       .where = "policy `" + policy.name + "`",
                       .found = {},
                       .expected = {},
                       .hint = "turn capture on"});
  }
  if (controller.needs_keys() && !config.capture_options.key_bounds) {
    throw usage_error({.what = "the policy reads keys but their bounds are not captured",
                       .where = "policy `" + policy.name + "`",
                       .found = {},
                       .expected = {},
                       .hint = "turn key bounds on"});
  }
  const KvTables needed = tables_for(controller.sharing());
  if (config.kv_tables < needed) {
    throw usage_error({.what = "the page tables are too coarse for the policy",
                       .where = "policy `" + policy.name + "`",
                       .found = "kv_tables " + std::string(to_string(config.kv_tables)),
                       .expected = std::string(to_string(needed)) +
                                   ", because it chooses for each " +
                                   std::string(kv::to_string(controller.sharing())),
                       .hint = {}});
  }
  (void)reads_for(controller, config, model);
  return controller;
}

}  // namespace pagequest::runtime
