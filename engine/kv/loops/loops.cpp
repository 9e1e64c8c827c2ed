// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/loops/loops.h"

#include <array>

namespace pagequest::kv {

extern const Loops kPortableLoops;
#if defined(PQ_HAVE_X86_LOOPS)
extern const Loops kAvx2Loops;
extern const Loops kAvx512Loops;

namespace {

std::size_t supported_count() {
  if (__builtin_cpu_supports("avx2") == 0) return 1;
  const bool has_512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return has_512 ? 3 : 2;
}

}  // namespace

std::span<const Loops* const> supported_loops() {
  static const std::array<const Loops*, 3> kAll{&kPortableLoops, &kAvx2Loops, &kAvx512Loops};
  return std::span(kAll).first(supported_count());
}
#else
std::span<const Loops* const> supported_loops() {
  static const std::array<const Loops*, 1> kAll{&kPortableLoops};
  return kAll;
}
#endif

const Loops& loops() {
  static const Loops& best = *supported_loops().back();
  return best;
}

}  // namespace pagequest::kv
