// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/tensor_core.h"

#include <bit>
#include <cstddef>
#include <cstring>

#include "engine/ops/cpu/bf16.h"
#include "engine/ops/cuda/emulator/block.h"
#include "engine/ops/cuda/emulator/kernel.h"

namespace pagequest::ops::emulator {
namespace {

constexpr unsigned kAll = 0xffffffffU;
constexpr std::size_t kSide = 8;  // rows and columns of a tile

struct TilesOperand {
  const void* row;  // brought: row lane % 8 of tile lane / 8
  std::uint32_t* tiles;
};

/// Lane l gets elements 2 (l % 4) and the next of row l / 4; of column l / 4 where transposed.
template <bool kTransposed>
void perform_load(void* const* operands, unsigned /*mask*/) {
  for (std::size_t tile = 0; tile < 4; ++tile) {
    std::uint16_t elements[kSide][kSide];
    for (std::size_t row = 0; row < kSide; ++row) {
      const auto& operand = *static_cast<const TilesOperand*>(operands[tile * kSide + row]);
      std::memcpy(elements[row], operand.row, sizeof(elements[row]));
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t major = lane / 4;
      const std::size_t minor = 2 * (lane % 4);
      const std::uint32_t low = kTransposed ? elements[minor][major] : elements[major][minor];
      const std::uint32_t high =
          kTransposed ? elements[minor + 1][major] : elements[major][minor + 1];
      static_cast<const TilesOperand*>(operands[lane])->tiles[tile] = low | high << 16U;
    }
  }
}

struct ProductOperand {
  float* d;
  const std::uint32_t* a;
  const std::uint32_t* b;
};

float low_half(std::uint32_t pair) { return from_bf16(static_cast<std::uint16_t>(pair)); }
float high_half(std::uint32_t pair) { return from_bf16(static_cast<std::uint16_t>(pair >> 16U)); }

struct Product {
  float a[16][16];  // (row, k)
  float b[16][8];   // (k, column)
  float d[16][8];
};

/// Register r of a: rows l / 4, or 8 below where r is odd; k from 2 (l % 4), or 8 on where r >= 2.
/// Register r of b: column l / 4; k from 2 (l % 4), or 8 on where r is 1.
/// Register r of d: row l / 4, or 8 below where r >= 2; column 2 (l % 4), or the next for odd r.
void take(Product& product, std::size_t lane, const ProductOperand& operand) {
  const std::size_t group = lane / 4;
  const std::size_t pair = 2 * (lane % 4);
  for (std::size_t r = 0; r < 4; ++r) {
    float* a = &product.a[group + 8 * (r % 2)][pair + 8 * (r / 2)];
    a[0] = low_half(operand.a[r]);
    a[1] = high_half(operand.a[r]);
    product.d[group + 8 * (r / 2)][pair + r % 2] = operand.d[r];
  }
  for (std::size_t r = 0; r < 2; ++r) {
    product.b[pair + 8 * r][group] = low_half(operand.b[r]);
    product.b[pair + 8 * r + 1][group] = high_half(operand.b[r]);
  }
}

void give(const Product& product, std::size_t lane, const ProductOperand& operand) {
  for (std::size_t r = 0; r < 4; ++r) {
    operand.d[r] = product.d[lane / 4 + 8 * (r / 2)][2 * (lane % 4) + r % 2];
  }
}

void perform_product(void* const* operands, unsigned /*mask*/) {
  Product product;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    take(product, lane, *static_cast<const ProductOperand*>(operands[lane]));
  }
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t k = 0; k < 16; ++k) {
      const float factor = product.a[row][k];
      for (std::size_t column = 0; column < 8; ++column) {
        product.d[row][column] += factor * product.b[k][column];
      }
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    give(product, lane, *static_cast<const ProductOperand*>(operands[lane]));
  }
}

}  // namespace

void load_tiles(const char* name, std::uint32_t (&tiles)[4], const void* row, bool transposed,
                std::source_location where) {
  check_shared(name, row, 16, 16);
  TilesOperand operand{row, tiles};
  the_block().gather(
      {name, transposed ? &perform_load<true> : &perform_load<false>, kAll, 0, &operand, where});
}

void multiply(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
              std::source_location where) {
  ProductOperand operand{d, a, b};
  the_block().gather({"mma_bf16", &perform_product, kAll, 0, &operand, where});
}

}  // namespace pagequest::ops::emulator
