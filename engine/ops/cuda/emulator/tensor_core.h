// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <source_location>

/// ldmatrix and mma.sync of a whole warp; layouts of PTX ISA, "Warp Level Matrix Instructions".
namespace pagequest::ops::emulator {

/// ldmatrix.m8n8.x4.b16, with .trans where `transposed`.
void load_tiles(const char* name, std::uint32_t (&tiles)[4], const void* row, bool transposed,
                std::source_location where);

/// mma.m16n8k16.row.col.f32.bf16.bf16.f32: d += a * b, each element of d in f32 and ascending k.
void multiply(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
              std::source_location where);

}  // namespace pagequest::ops::emulator
