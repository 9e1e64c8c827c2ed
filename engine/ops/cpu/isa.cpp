// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/isa.h"

#include "base/check.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/tables.h"

namespace pagequest::ops {

std::string_view to_string(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_bf16:
      return "avx512_bf16";
  }
  return "?";
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas{Isa::portable};
#ifdef PQ_HAVE_X86_KERNELS
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) isas.push_back(Isa::avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    isas.push_back(Isa::avx512);
    if (__builtin_cpu_supports("avx512bf16")) isas.push_back(Isa::avx512_bf16);
  }
#endif
  return isas;
}

const Kernels& kernels_for(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return portable::kernels();
#ifdef PQ_HAVE_X86_KERNELS
    case Isa::avx2:
      return avx2::kernels();
    case Isa::avx512:
      return avx512::kernels();
    case Isa::avx512_bf16:
      return avx512_bf16::kernels();
#endif
    default:
      break;
  }
  PQ_CHECK(false, "kernels of this instruction set are not in this build");
}

}  // namespace pagequest::ops
