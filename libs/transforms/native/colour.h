// Operations on the colour of single pixels.
#pragma once
#include <cmath>

#include "lanes.h"

namespace unlabel {
namespace LEVEL {

INLINE float held(float x) { return x > 1 ? 1 : x < 0 ? 0 : x; }
INLINE float luma(float r, float g, float b) { return 0.2989f * r + 0.587f * g + 0.114f * b; }

static void affine(float* __restrict values, int count, double factor, double offset) {
  const float f = factor, o = offset;
  for (int i = 0; i < count; i++) values[i] = held(f * values[i] + o);
}

static void solarize(float* __restrict values, int count, double threshold) {
  const float t = threshold;
  for (int i = 0; i < count; i++) {
    const float x = values[i], inverted = 1 - x;
    values[i] = x >= t ? inverted : x;
  }
}

static void grayscale(float* __restrict r, float* __restrict g, float* __restrict b, int pixels) {
  for (int i = 0; i < pixels; i++) r[i] = g[i] = b[i] = luma(r[i], g[i], b[i]);
}

static void saturation(float* __restrict r, float* __restrict g, float* __restrict b, int pixels, double factor) {
  const float f = factor, rest = 1 - factor;
  for (int i = 0; i < pixels; i++) {
    const float grey = rest * luma(r[i], g[i], b[i]);
    r[i] = held(f * r[i] + grey);
    g[i] = held(f * g[i] + grey);
    b[i] = held(f * b[i] + grey);
  }
}

/** The value of a channel in a sector: `near` in the two around `centre`, `far` in the two opposite, else `middle`. */
INLINE float inSector(float sector, float centre, float near, float middle, float far) {
  const float distance = std::fabs(sector - centre);
  return distance < 1 ? near : distance > 2 ? far : middle;
}

static void hue(float* __restrict reds, float* __restrict greens, float* __restrict blues, int pixels, double turn) {
  const float t = turn;
  for (int i = 0; i < pixels; i++) {
    const float r = reds[i], g = greens[i], b = blues[i];
    const float rg = r > g ? r : g, max = rg > b ? rg : b;
    const float gr = r < g ? r : g, min = gr < b ? gr : b;
    const float chroma = max - min;
    // In sixths of a turn from red; 6 is added so that the sum is never negative.
    const float difference = max == r ? g - b : max == g ? b - r : r - g;
    const float base = max == r ? 6 : max == g ? 8 : 10;
    const float angle = base + difference / chroma + t;
    const float sixths = angle - (angle >= 12 ? 12.f : angle >= 6 ? 6.f : 0.f);
    const float sector = std::floor(sixths), half = 0.5f * sector;
    const float along = chroma * (sixths - sector);
    const float rising = min + along, falling = max - along;
    const float turned = half != std::floor(half) ? falling : rising;
    const float middle = chroma == 0 ? max : turned;  // greys have no hue
    reds[i] = inSector(sector, 2.5f, min, middle, max);
    greens[i] = inSector(sector, 1.5f, max, middle, min);
    blues[i] = inSector(sector, 3.5f, max, middle, min);
  }
}

static double planeSum(const float* values, int count) {
  constexpr int parts = 16;
  double sums[parts] = {}, total = 0;
  int i = 0;
  for (; i + parts <= count; i += parts)
    for (int p = 0; p < parts; p++) sums[p] += values[i + p];
  for (int p = 0; i + p < count; p++) sums[p] += values[i + p];
  for (int p = 0; p < parts; p++) total += sums[p];
  return total;
}

static void channelSums(const float* r, const float* g, const float* b, int pixels, double* sums) {
  sums[0] = planeSum(r, pixels);
  sums[1] = planeSum(g, pixels);
  sums[2] = planeSum(b, pixels);
}

}  // namespace LEVEL
}  // namespace unlabel
