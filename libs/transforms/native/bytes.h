// From bytes to float32 and back.
#pragma once
#include <cstdint>

#include "lanes.h"

namespace unlabel {
namespace LEVEL {

/** byte / 255, for every byte the float32 that a division gives: the first product is exact, so only the sum is rounded. */
INLINE float fromByte(uint8_t byte) {
  constexpr float first = 4112.f / 1048576;
  constexpr float rest = 1. / 255 - first;
  return byte * first + byte * rest;
}

static void bytesToPlanes(const uint8_t* __restrict source, float* __restrict r, float* __restrict g, float* __restrict b, int pixels) {
  for (int i = 0; i < pixels; i++) {
    r[i] = fromByte(source[3 * i]);
    g[i] = fromByte(source[3 * i + 1]);
    b[i] = fromByte(source[3 * i + 2]);
  }
}

/** Rounds half to even by an addition after which no fraction is left, in the mode that every thread starts in. */
INLINE uint8_t toByte(float value) {
  const float shift = 12582912.f;  // 1.5 · 2²³
  const float scaled = value * 255.f;
  const float within = scaled < 0 ? 0 : scaled > 255 ? 255 : scaled;
  return (int32_t)((within + shift) - shift);
}

static void planesToBytes(const float* __restrict r, const float* __restrict g, const float* __restrict b, int pixels, uint8_t* __restrict out) {
  // By stretches, so that rounding and interleaving are each a loop that vector instructions can do.
  constexpr int most = 512;
  uint8_t red[most], green[most], blue[most];
  for (int from = 0; from < pixels; from += most) {
    const int count = pixels - from < most ? pixels - from : most;
    for (int i = 0; i < count; i++) red[i] = toByte(r[from + i]);
    for (int i = 0; i < count; i++) green[i] = toByte(g[from + i]);
    for (int i = 0; i < count; i++) blue[i] = toByte(b[from + i]);
    uint8_t* __restrict to = out + 3 * (int64_t)from;
    for (int i = 0; i < count; i++) {
      to[3 * i] = red[i];
      to[3 * i + 1] = green[i];
      to[3 * i + 2] = blue[i];
    }
  }
}

}  // namespace LEVEL
}  // namespace unlabel
