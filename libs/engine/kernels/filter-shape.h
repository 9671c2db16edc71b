// What the gradient of a convolution's filter is computed from, however it is multiplied.
#pragma once
#include <algorithm>
#include <vector>

#include "column-sums.h"

#ifdef __AVX512BF16__
#include <immintrin.h>

namespace unlabel {
namespace LEVEL {

struct FilterShape {
  int64_t images, height, width, in, rows, columns, out, stride, kernelHeight, kernelWidth, top, left;

  /** Of X with its padding, as far as the filter reaches. */
  int64_t paddedHeight() const { return (rows - 1) * stride + kernelHeight; }
  int64_t paddedWidth() const { return (columns - 1) * stride + kernelWidth; }
  int64_t taps() const { return kernelWidth * in; }
  int64_t filterSize() const { return kernelHeight * taps() * out; }
};

/** A part of the filter: one row, some taps, one panel of channels. */
struct FilterPart {
  int64_t row, firstTap, lastTap, channel, channels;
};

/** out[i] = (first[i], second[i]); zeros for an image that is not there. */
INLINE void interleave(const bfloat16* first, const bfloat16* second, int64_t n, uint32_t* out) {
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const __m512i a = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)(first + i)));
    const __m512i b = second ? _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)(second + i))) : __m512i{};
    _mm512_storeu_si512(out + i, _mm512_or_si512(a, _mm512_slli_epi32(b, 16)));
  }
  for (; i < n; i++) out[i] = first[i].bits | (second ? (uint32_t)second[i].bits << 16 : 0u);
}

}  // namespace LEVEL
}  // namespace unlabel
#endif
