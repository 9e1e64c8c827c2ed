// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/ops/cuda/emulator/block.h"

/// Words for what threads of a block do.
namespace pagequest::ops::emulator {

[[nodiscard]] std::string name_of(const Thread& thread);
[[nodiscard]] std::string describe(const Rendezvous& rendezvous);

/// Whether two lanes wait for the same.
[[nodiscard]] inline bool alike(const Rendezvous& a, const Rendezvous& b) {
  return a.perform == b.perform && a.mask == b.mask && a.qualifiers == b.qualifiers;
}

}  // namespace pagequest::ops::emulator
