// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// SnapKV (Li et al., arXiv 2404.14469, section 4): behind a prefill, keep what its last queries
// attend to, pooled so that neighbours come along, and those queries' own window. What is decoded
// is appended without limit until the next prefill (a tool's response). snap_scores.h has the
// presets and says where they differ from what they are named after.
#include <memory>

#include "engine/kv/policies/snap_scores.h"

namespace pagequest::kv {

std::span<const ParamSpec> snapkv_params() { return snap_params(); }

std::unique_ptr<EvictionPolicy> make_snapkv(const Params& params, const PolicyContext& context) {
  return std::make_unique<SnapPolicy>(snap_config(params, "snapkv"), context);
}

}  // namespace pagequest::kv
