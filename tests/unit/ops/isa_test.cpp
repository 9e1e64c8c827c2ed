// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/isa.h"

#include <catch2/catch.hpp>

#include "engine/ops/cpu/kernels.h"

namespace pagequest::ops {
namespace {

TEST_CASE("Every supported instruction set has its own kernels") {
  REQUIRE(supported_isas().front() == Isa::portable);
  for (const Isa isa : supported_isas()) CHECK(kernels_for(isa).isa == isa);
  CHECK(best_isa() == supported_isas().back());
}

}  // namespace
}  // namespace pagequest::ops
