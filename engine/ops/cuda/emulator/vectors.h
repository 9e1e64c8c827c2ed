// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// CUDA's vector types, in the global namespace as there.
struct dim3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

#define PQ_VECTOR_2(name, element)           \
  struct alignas(2 * sizeof(element)) name { \
    element x, y;                            \
  };                                         \
  constexpr name make_##name(element x, element y) { return name{x, y}; }
#define PQ_VECTOR_4(name, element, alignment)                              \
  struct alignas(alignment) name {                                         \
    element x, y, z, w;                                                    \
  };                                                                       \
  constexpr name make_##name(element x, element y, element z, element w) { \
    return name{x, y, z, w};                                               \
  }

PQ_VECTOR_2(char2, signed char)
PQ_VECTOR_2(uchar2, unsigned char)
PQ_VECTOR_2(short2, short)
PQ_VECTOR_2(ushort2, unsigned short)
PQ_VECTOR_2(int2, int)
PQ_VECTOR_2(uint2, unsigned)
PQ_VECTOR_2(float2, float)
PQ_VECTOR_2(double2, double)
PQ_VECTOR_2(longlong2, long long)
PQ_VECTOR_2(ulonglong2, unsigned long long)
PQ_VECTOR_4(char4, signed char, 4)
PQ_VECTOR_4(uchar4, unsigned char, 4)
PQ_VECTOR_4(short4, short, 8)
PQ_VECTOR_4(ushort4, unsigned short, 8)
PQ_VECTOR_4(int4, int, 16)
PQ_VECTOR_4(uint4, unsigned, 16)
PQ_VECTOR_4(float4, float, 16)

#undef PQ_VECTOR_2
#undef PQ_VECTOR_4

struct uint3 {
  unsigned x, y, z;
};
struct int3 {
  int x, y, z;
};
struct float3 {
  float x, y, z;
};
