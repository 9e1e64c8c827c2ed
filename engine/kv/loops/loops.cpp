// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/loops/loops.h"

#include <array>

namespace pagequest::kv {

extern const Loops kPortableLoops;
#if defined(PQ_HAVE_AVX2_LOOPS)
extern const Loops kAvx2Loops;
#endif

std::span<const Loops* const> supported_loops() {
#if defined(PQ_HAVE_AVX2_LOOPS)
  static const std::array<const Loops*, 2> kAll{&kPortableLoops, &kAvx2Loops};
  return std::span(kAll).first(__builtin_cpu_supports("avx2") != 0 ? 2 : 1);
#else
  static const std::array<const Loops*, 1> kAll{&kPortableLoops};
  return kAll;
#endif
}

const Loops& loops() {
  static const Loops& best = *supported_loops().back();
  return best;
}

}  // namespace pagequest::kv
