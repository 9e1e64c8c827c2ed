// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace pagequest::ops {

/// Instruction sets that the kernels are built for. `portable` runs everywhere.
/// `avx512_bf16` has dot products of bf16 pairs.
enum class Isa { portable, avx2, avx512, avx512_bf16 };

[[nodiscard]] std::string_view to_string(Isa isa);

/// The sets that this build has kernels for and this processor can run, slowest first.
[[nodiscard]] std::vector<Isa> supported_isas();

[[nodiscard]] inline Isa best_isa() { return supported_isas().back(); }

}  // namespace pagequest::ops
