// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model_config.h"
#include "engine/model/weights.h"
#include "engine/runtime/team.h"

namespace pagequest::runtime {

/// gate and up of each row to the activated product, in place at the row's beginning.
void activate(const Team& team, const model::ModelConfig& config, Activations& gate_up,
              std::int64_t rows, std::int64_t width);

/// Chooses each row's experts by the softmax of the router's logits of Workspace::normalised:
/// Workspace::experts.
void route(const Team& team, const model::ModelConfig& config, const model::LayerWeights& weights,
           std::int64_t rows, Workspace& work);

/// The feed-forward part of a sparse layer (Switch Transformer, arXiv 2101.03961, section 2;
/// several experts a token as in Mixtral, arXiv 2401.04088, section 2.1), after route(): adds to
/// each of `rows` rows of the residual the outputs of its chosen experts, in the order of experts,
/// weighted as the router says. Reads Workspace::normalised.
void sparse_feed_forward(const Team& team, const model::ModelConfig& config,
                         const model::LayerWeights& weights, std::int64_t rows, Workspace& work);

}  // namespace pagequest::runtime
