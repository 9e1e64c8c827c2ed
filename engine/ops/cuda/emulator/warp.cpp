// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/warp.h"

namespace pagequest::ops::emulator {
namespace {

template <class Operand>
Operand& of_lane(void* const* operands, unsigned lane) {
  return *static_cast<Operand*>(operands[lane]);
}

template <class F>
void for_each_lane(unsigned mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(std::countr_zero(mask)));
}

}  // namespace

void perform_shuffle(void* const* operands, unsigned mask) {
  for_each_lane(mask, [&](unsigned lane) {
    auto& operand = of_lane<ShuffleOperand>(operands, lane);
    if ((mask >> operand.source & 1U) == 0) {
      the_block().fail("a shuffle of lane " + std::to_string(lane) + " reads lane " +
                       std::to_string(operand.source) + ", which the mask leaves out");
    }
    operand.got = of_lane<ShuffleOperand>(operands, operand.source).brought;
  });
}

void perform_vote(void* const* operands, unsigned mask) {
  unsigned votes = 0;
  for_each_lane(mask, [&](unsigned lane) {
    if (of_lane<VoteOperand>(operands, lane).holds) votes |= 1U << lane;
  });
  for_each_lane(mask, [&](unsigned lane) { of_lane<VoteOperand>(operands, lane).got = votes; });
}

void perform_match(void* const* operands, unsigned mask) {
  for_each_lane(mask, [&](unsigned lane) {
    auto& operand = of_lane<MatchOperand>(operands, lane);
    operand.got = 0;
    for_each_lane(mask, [&](unsigned other) {
      if (of_lane<MatchOperand>(operands, other).value == operand.value) operand.got |= 1U << other;
    });
  });
}

void perform_nothing(void* const* /*operands*/, unsigned /*mask*/) {}

}  // namespace pagequest::ops::emulator
