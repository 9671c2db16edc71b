// Weighted sums of neighbouring pixels: resizing along the width, then along the height.
#pragma once
#include <cstdint>

#include "bytes.h"
#include "lanes.h"

namespace unlabel {
namespace LEVEL {

/** A pixel and the value after it. */
constexpr int inPixel = 4;
/** Rows that are summed at once: one vector holds a pixel of each. */
constexpr int rowsAtOnce = lanes / inPixel;

/** Each pixel out is the sum of `taps` pixels of `lines`, in every row. @tparam fixed the taps where they are known: unrolled */
template <int fixed>
static void sumPixels(const float* lines, const int32_t* starts, const float* weights, int taps, float* const* out, int outWidth) {
  const int count = fixed ? fixed : taps;
  for (int x = 0; x < outWidth; x++) {
    const float* at = lines + (int64_t)starts[x] * lanes;
    const float* weight = weights + (int64_t)x * count;
    Vector sum = load(at) * weight[0];
    for (int t = 1; t < count; t++) sum = sum + load(at + t * lanes) * weight[t];
    float values[lanes];
    store(values, sum);
    for (int r = 0; r < rowsAtOnce; r++) memcpy(out[r] + 3 * x, values + r * inPixel, inPixel * sizeof(float));
  }
}

/** Each value out is the sum of those at its place in `taps` rows, which are `stride` apart. */
template <int fixed>
static void sumRows(const float* source, int stride, const float* weights, int taps, float* out, int values) {
  const int count = fixed ? fixed : taps;
  int i = 0;
  for (; i + lanes <= values; i += lanes) {
    Vector sum = load(source + i) * weights[0];
    for (int t = 1; t < count; t++) sum = sum + load(source + i + (int64_t)t * stride) * weights[t];
    store(out + i, sum);
  }
  for (; i < values; i++) {
    float sum = source[i] * weights[0];
    for (int t = 1; t < count; t++) sum += source[i + (int64_t)t * stride] * weights[t];
    out[i] = sum;
  }
}

using SumPixels = decltype(&sumPixels<0>);
using SumRows = decltype(&sumRows<0>);
/** Filters of two to five pixels are by far the commonest. */
static SumPixels pixelSums(int taps) {
  static const SumPixels known[] = {sumPixels<2>, sumPixels<3>, sumPixels<4>, sumPixels<5>};
  return taps >= 2 && taps <= 5 ? known[taps - 2] : sumPixels<0>;
}
static SumRows rowSums(int taps) {
  static const SumRows known[] = {sumRows<2>, sumRows<3>, sumRows<4>, sumRows<5>};
  return taps >= 2 && taps <= 5 ? known[taps - 2] : sumRows<0>;
}

/** Resamples rows, which `read` gives as interleaved float32: some at once, the last one repeated where there are fewer. */
template <class Read>
INLINE void alongWidth(int height, int width, const int32_t* starts, const float* weights, int taps, float* lines, float* out, int outWidth, Read read) {
  const SumPixels sum = pixelSums(taps);
  float* line = lines + (int64_t)width * lanes;
  for (int y = 0; y < height; y += rowsAtOnce) {
    float* to[rowsAtOnce];
    for (int r = 0; r < rowsAtOnce; r++) {
      const int row = y + r < height ? y + r : height - 1;
      to[r] = out + (int64_t)row * (3 * outWidth + 1);
      read(row, line);
      float* slot = lines + r * inPixel;
      for (int x = 0; x < width; x++) memcpy(slot + (int64_t)x * lanes, line + 3 * x, inPixel * sizeof(float));
    }
    sum(lines, starts, weights, taps, to, outWidth);
  }
}

static void alongWidthOfBytes(const uint8_t* source, int rowBytes, int height, int width, const int32_t* starts, const float* weights, int taps,
                              float* lines, float* out, int outWidth) {
  const auto read = [&](int y, float* __restrict line) {
    const uint8_t* __restrict row = source + (int64_t)y * rowBytes;
    for (int i = 0; i < 3 * width; i++) line[i] = fromByte(row[i]);
  };
  alongWidth(height, width, starts, weights, taps, lines, out, outWidth, read);
}

static void alongWidthOfPlanes(const float* r, const float* g, const float* b, int rowValues, int height, int width, const int32_t* starts,
                               const float* weights, int taps, float* lines, float* out, int outWidth) {
  const auto read = [&](int y, float* __restrict line) {
    const int64_t at = (int64_t)y * rowValues;
    for (int x = 0; x < width; x++) {
      line[3 * x] = r[at + x];
      line[3 * x + 1] = g[at + x];
      line[3 * x + 2] = b[at + x];
    }
  };
  alongWidth(height, width, starts, weights, taps, lines, out, outWidth, read);
}

static void alongHeight(const float* source, int width, const int32_t* starts, const float* weights, int taps, float* __restrict line,
                        float* __restrict r, float* __restrict g, float* __restrict b, int outHeight) {
  const SumRows sum = rowSums(taps);
  const int stride = 3 * width + 1;
  for (int y = 0; y < outHeight; y++) {
    sum(source + (int64_t)starts[y] * stride, stride, weights + (int64_t)y * taps, taps, line, 3 * width);
    const int64_t at = (int64_t)y * width;
    for (int x = 0; x < width; x++) {
      r[at + x] = line[3 * x];
      g[at + x] = line[3 * x + 1];
      b[at + x] = line[3 * x + 2];
    }
  }
}

}  // namespace LEVEL
}  // namespace unlabel
