// Sixteen numbers at once, on whatever vector units this file is compiled for. Include once per level, in its namespace.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

#include "operation.h"

namespace unlabel {
namespace LEVEL {

#define INLINE static inline __attribute__((always_inline))

constexpr int lanes = 16;
typedef float F __attribute__((vector_size(64)));
typedef int32_t I __attribute__((vector_size(64)));
typedef uint32_t U __attribute__((vector_size(64)));
typedef uint16_t H __attribute__((vector_size(32)));

INLINE F all(float x) { return F{} + x; }

INLINE F load(const float* p) {
  F x;
  memcpy(&x, p, sizeof x);
  return x;
}
INLINE F load(const bfloat16* p) {
  H half;
  memcpy(&half, p, sizeof half);
  return (F)(__builtin_convertvector(half, U) << 16);
}
INLINE void store(float* p, F x) { memcpy(p, &x, sizeof x); }
INLINE F choose(I which, F yes, F no) { return which ? yes : no; }

/** Rounds to the nearest, ties to even; NaN stays NaN. */
INLINE void store(bfloat16* p, F x) {
#ifdef __AVX512BF16__
  const __m256bh narrow = _mm512_cvtneps_pbh((__m512)x);
  memcpy(p, &narrow, sizeof narrow);
#else
  const U bits = (U)x;
  const U rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const I isNan = (I)(x != x);
  const H half = __builtin_convertvector(((U)isNan & 0x7fc0u) | (~(U)isNan & rounded), H);
  memcpy(p, &half, sizeof half);
#endif
}

/** The first n of 16, the others zero. */
template <class T>
INLINE F loadFirst(const T* p, int64_t n) {
  if (n >= lanes) return load(p);
  T part[lanes] = {};
  memcpy(part, p, n * sizeof(T));
  return load(part);
}
template <class T>
INLINE void storeFirst(T* p, F x, int64_t n) {
  if (n >= lanes) return store(p, x);
  T part[lanes];
  store(part, x);
  memcpy(p, part, n * sizeof(T));
}

INLINE F larger(F a, F b) { return choose((I)(a > b), a, b); }
INLINE F smaller(F a, F b) { return choose((I)(a < b), a, b); }

/** The sum in one fixed order. */
INLINE float sum(F x) {
  float part[lanes];
  store(part, x);
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) part[i] += part[i + width];
  return part[0];
}
INLINE float largest(F x) {
  float part[lanes];
  store(part, x);
  float most = part[0];
  for (int i = 1; i < lanes; i++) most = part[i] > most ? part[i] : most;
  return most;
}

/** e^x to about an ulp for normal results, as in Cephes; 0 below −87.3, infinity above 88.7. */
INLINE F exponential(F x) {
  const F clipped = smaller(larger(x, all(-87.336544f)), all(88.722839f));
  F n = clipped * 1.44269504088896341f;
  n = __builtin_convertvector(__builtin_convertvector(n + choose((I)(n < 0.f), all(-0.5f), all(0.5f)), I), F);
  F r = clipped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  F p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const I exponent = __builtin_convertvector(n, I);
  // In two factors, so that neither overflows where the result does not.
  const I half = exponent >> 1;
  const F first = (F)((half + 127) << 23);
  const F second = (F)((exponent - half + 127) << 23);
  const F y = p * first * second;
  const F bounded = choose((I)(x < -87.336544f), all(0.f), y);
  return choose((I)(x != x), x, bounded);
}

/** erf(x) within 4 ulp: a rational function on [−4, 4], ±1 beyond, as in Eigen. */
INLINE F errorFunction(F x) {
  const F c = smaller(larger(x, all(-3.832506856900711f)), all(3.832506856900711f));
  const F s = c * c;
  F p = all(0.00022905065861350646f);
  p = p * s + 0.0034082910107109506f;
  p = p * s + 0.050955695062380861f;
  p = p * s + 0.18520832239976145f;
  p = p * s + 1.128379143519084f;
  F q = all(-1.1791602954361697e-7f);
  q = q * s + 0.000023547966471313185f;
  q = q * s + 0.0010179625278914885f;
  q = q * s + 0.014070470171167667f;
  q = q * s + 0.11098505178285362f;
  q = q * s + 0.49746925110067538f;
  q = q * s + 1.0f;
  const F y = c * p / q;
  return choose((I)(x != x), x, smaller(larger(y, all(-1.f)), all(1.f)));
}

}  // namespace LEVEL
}  // namespace unlabel
