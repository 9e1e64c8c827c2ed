// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include "engine/ops/cuda/emulator/block.h"
#include "engine/ops/cuda/emulator/kernel.h"
#include "engine/ops/cuda/platform.h"

/// The emulator's half of platform.h, which includes this at its end.
namespace pagequest::ops::PQ_CUDA_NS {

/// As for a GPU: arguments are copied.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, const Stream& stream,
            Arguments... arguments) {
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
  std::tuple<Parameters...> frozen(static_cast<Parameters>(arguments)...);
  auto body = [kernel, frozen = std::move(frozen)] { std::apply(kernel, frozen); };
  emulator::submit(stream.handle(),
                   {std::move(body), shape.grid, shape.block, shape.shared_bytes, shape.where});
}

inline std::byte* shared_memory() { return emulator::running.shared; }

}  // namespace pagequest::ops::PQ_CUDA_NS
