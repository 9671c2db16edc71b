// Gaussian blur, along the width and then along the height.
#pragma once
#include <cstdint>

#include "lanes.h"

namespace unlabel {
namespace LEVEL {

/** Weighted sums of `taps` stretches of neighbouring values, each where `at` says; `vectors` side by side, so that no addition waits. */
template <int vectors, class At>
INLINE void sumStretches(const float* weights, int taps, float* out, At at) {
  Vector sums[vectors];
  for (int v = 0; v < vectors; v++) sums[v] = load(at(0) + v * lanes) * weights[0];
  for (int t = 1; t < taps; t++) {
    const float* from = at(t);
    for (int v = 0; v < vectors; v++) sums[v] = sums[v] + load(from + v * lanes) * weights[t];
  }
  for (int v = 0; v < vectors; v++) store(out + v * lanes, sums[v]);
}

constexpr int atOnce = 4;

static void blurRows(const float* source, int height, int width, const float* weights, int taps, float* line, float* out) {
  const int radius = taps / 2;
  for (int y = 0; y < height; y++) {
    const float* row = source + (int64_t)y * width;
    memcpy(line + radius, row, width * sizeof(float));
    for (int i = 1; i <= radius; i++) {  // the edge itself is not repeated
      line[radius - i] = row[i];
      line[radius + width - 1 + i] = row[width - 1 - i];
    }
    float* to = out + (int64_t)y * width;
    int x = 0;
    for (; x + atOnce * lanes <= width; x += atOnce * lanes) sumStretches<atOnce>(weights, taps, to + x, [&](int t) { return line + x + t; });
    for (; x < width; x += lanes) sumStretches<1>(weights, taps, to + x, [&](int t) { return line + x + t; });
  }
}

static void blurColumns(const float* source, int height, int width, const float* weights, int taps, const float** rows, float* out) {
  const int radius = taps / 2;
  for (int i = 0; i < height + 2 * radius; i++) {
    const int y = i < radius ? radius - i : i - radius;
    rows[i] = source + (int64_t)(y < height ? y : 2 * (height - 1) - y) * width;
  }
  for (int y = 0; y < height; y++) {
    float* to = out + (int64_t)y * width;
    int x = 0;
    const auto at = [&](int t) { return rows[y + t] + x; };
    for (; x + atOnce * lanes <= width; x += atOnce * lanes) sumStretches<atOnce>(weights, taps, to + x, at);
    for (; x + lanes <= width; x += lanes) sumStretches<1>(weights, taps, to + x, at);
    if (x == width) continue;
    float rest[lanes];
    sumStretches<1>(weights, taps, rest, at);
    memcpy(to + x, rest, (width - x) * sizeof(float));
  }
}

}  // namespace LEVEL
}  // namespace unlabel
