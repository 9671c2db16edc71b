// The gradient of a convolution's filter by instructions that take pairs of bfloat16: here those of two images at the same place,
// so that maps are laid out with two images side by side, channel by channel.
#pragma once
#include "filter-shape.h"

#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)

namespace unlabel {
namespace LEVEL {

/** Taps of one part of a large filter. */
constexpr int64_t tapsEach = 96;

struct PairedMaps : FilterShape {
  int64_t pairs() const { return (images + 1) / 2; }
  int64_t pairSize() const { return paddedHeight() * paddedWidth() * in; }
  int64_t gradientSize() const { return rows * columns * out; }
  /**
   * Channels of X that lie side by side. Where each place meets one tap they can be few, so that neighbouring places are near;
   * else a row of the filter reads across places, and all are.
   */
  int64_t panel() const { return kernelWidth == 1 ? std::min<int64_t>(in, tapsEach) : in; }
};

/** A pair of images of X, padded, channels in panels: [panel][row, column][channel]. */
static void packImages(const PairedMaps& s, const bfloat16* x, int64_t pair, uint32_t* out) {
  const int64_t image = s.height * s.width * s.in, places = s.paddedHeight() * s.paddedWidth();
  const bfloat16* first = x + 2 * pair * image;
  const bfloat16* second = 2 * pair + 1 < s.images ? first + image : nullptr;
  const int64_t from = std::max<int64_t>(0, -s.left), before = std::max<int64_t>(0, s.left);
  const int64_t copied = std::max<int64_t>(0, std::min(s.width - from, s.paddedWidth() - before));
  for (int64_t c = 0; c < s.in; c += s.panel()) {
    const int64_t channels = std::min(s.panel(), s.in - c), row = s.paddedWidth() * channels;
    for (int64_t h = 0; h < s.paddedHeight(); h++) {
      uint32_t* to = out + c * places + h * row;
      const int64_t source = h - s.top;
      if (source < 0 || source >= s.height) {
        memset(to, 0, row * sizeof *to);
        continue;
      }
      const int64_t at = (source * s.width + from) * s.in + c;
      memset(to, 0, before * channels * sizeof *to);
      to += before * channels;
      // Whole rows at once where all channels are side by side.
      const int64_t pieces = channels == s.in ? 1 : copied, length = copied * channels / std::max<int64_t>(pieces, 1);
      for (int64_t p = 0; p < pieces; p++)
        interleave(first + at + p * s.in, second ? second + at + p * s.in : nullptr, length, to + p * channels);
      memset(to + copied * channels, 0, (s.paddedWidth() - before - copied) * channels * sizeof *to);
    }
  }
}

/** A pair of images of dY, channels in panels of 64: [panel][row, column][channel]. */
static void packGradients(const PairedMaps& s, const bfloat16* dy, int64_t pair, uint32_t* out) {
  const int64_t image = s.gradientSize(), places = s.rows * s.columns;
  const bfloat16* first = dy + 2 * pair * image;
  const bfloat16* second = 2 * pair + 1 < s.images ? first + image : nullptr;
  for (int64_t c = 0; c < s.out; c += 64) {
    const int64_t width = std::min<int64_t>(64, s.out - c);
    for (int64_t p = 0; p < places; p++)
      interleave(first + p * s.out + c, second ? second + p * s.out + c : nullptr, width, out + c * places + p * width);
  }
}

/** acc[m][16 v …] += Σ over rows and columns of x[… + m] · dy[… + 16 v]: M taps by V vectors of channels, in registers. */
template <int M, int V>
static void tile(const uint32_t* x, int64_t xRow, int64_t xStep, const uint32_t* dy, int64_t dyRow, int64_t dyStep, int64_t rows,
                 int64_t columns, float* acc, int64_t accStride) {
  __m512 total[M][V];
#pragma GCC unroll 32
  for (int m = 0; m < M; m++)
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) total[m][v] = _mm512_loadu_ps(acc + m * accStride + 16 * v);
  for (int64_t row = 0; row < rows; row++) {
    const uint32_t *a = x + row * xRow, *b = dy + row * dyRow;
    for (int64_t column = 0; column < columns; column++, a += xStep, b += dyStep) {
      __m512bh gradient[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) gradient[v] = (__m512bh)_mm512_loadu_si512(b + 16 * v);
#pragma GCC unroll 32
      for (int m = 0; m < M; m++) {
        const __m512bh value = (__m512bh)_mm512_set1_epi32((int)a[m]);
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) total[m][v] = _mm512_dpbf16_ps(total[m][v], value, gradient[v]);
      }
    }
  }
#pragma GCC unroll 32
  for (int m = 0; m < M; m++)
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) _mm512_storeu_ps(acc + m * accStride + 16 * v, total[m][v]);
}

using Tile = void (*)(const uint32_t*, int64_t, int64_t, const uint32_t*, int64_t, int64_t, int64_t, int64_t, float*, int64_t);
/** Taps of the largest tile for 1 to 4 vectors of channels: what 32 registers hold. */
constexpr int tileTaps[5] = {0, 24, 12, 8, 6};

template <int V, int... M>
Tile tileOf(int taps, std::integer_sequence<int, M...>) {
  static const Tile all[] = {tile<M + 1, V>...};
  return all[taps - 1];
}
static Tile findTile(int taps, int vectors) {
  switch (vectors) {
    case 1: return tileOf<1>(taps, std::make_integer_sequence<int, tileTaps[1]>());
    case 2: return tileOf<2>(taps, std::make_integer_sequence<int, tileTaps[2]>());
    case 3: return tileOf<3>(taps, std::make_integer_sequence<int, tileTaps[3]>());
    default: return tileOf<4>(taps, std::make_integer_sequence<int, tileTaps[4]>());
  }
}

/** Adds a pair's share of a part of the filter's gradient. */
static void addPair(const PairedMaps& s, const FilterPart& part, const uint32_t* x, const uint32_t* dy, float* filter) {
  const int64_t start = s.kernelWidth == 1 ? part.firstTap : 0, channels = std::min(s.panel(), s.in - start);
  const int64_t places = s.rows * s.columns, xRow = s.paddedWidth() * channels;
  const uint32_t* panel = dy + part.channel * places;
  x += start * s.paddedHeight() * s.paddedWidth() - start; // a tap of the panel is counted from the first of all
  const int vectors = (int)(part.channels / 16);
  // As many rows at a time as leave both maps in the first cache.
  const int64_t block = std::max<int64_t>(1, 4096 / std::max<int64_t>(1, s.columns * part.channels));
  for (int64_t first = 0; first < s.rows; first += block) {
    const int64_t rows = std::min(block, s.rows - first);
    for (int64_t tap = part.firstTap; tap < part.lastTap;) {
      const int taps = (int)std::min<int64_t>(tileTaps[vectors], part.lastTap - tap);
      findTile(taps, vectors)(x + (first * s.stride + part.row) * xRow + tap, s.stride * xRow, s.stride * channels,
                              panel + first * s.columns * part.channels, s.columns * part.channels, part.channels, rows, s.columns,
                              filter + (part.row * s.taps() + tap) * s.out + part.channel, s.out);
      tap += taps;
    }
  }
}

/** A small filter: each part of the work takes some images for all of it, and the sums are added at the end. */
static void byImages(Call& call, const PairedMaps& s, const bfloat16* x, const bfloat16* dy, float* out) {
  const int64_t each = std::max<int64_t>(1, (s.pairs() + 15) / 16), count = (s.pairs() + each - 1) / each;
  float* partial = call.scratch<float>(count * s.filterSize());
  uint32_t* packed = call.scratch<uint32_t>(count * (s.pairSize() + s.gradientSize()));
  if (!call.ok()) return;
  parallel(count, [&](int64_t part) {
    float* filter = partial + part * s.filterSize();
    uint32_t *images = packed + part * (s.pairSize() + s.gradientSize()), *gradients = images + s.pairSize();
    memset(filter, 0, s.filterSize() * sizeof(float));
    for (int64_t pair = part * each; pair < std::min(s.pairs(), (part + 1) * each); pair++) {
      packImages(s, x, pair, images);
      packGradients(s, dy, pair, gradients);
      for (int64_t row = 0; row < s.kernelHeight; row++)
        for (int64_t tap = 0, each = s.kernelWidth == 1 ? s.panel() : s.taps(); tap < s.taps(); tap += each)
          for (int64_t c = 0; c < s.out; c += 64)
            addPair(s, {row, tap, std::min(tap + each, s.taps()), c, std::min<int64_t>(64, s.out - c)}, images, gradients, filter);
    }
  });
  addParts(partial, count, s.filterSize(), s.filterSize(), out);
}

/** A large filter: all images are laid out first, then each part of the work takes a part of the filter. */
static void byParts(Call& call, const PairedMaps& s, const bfloat16* x, const bfloat16* dy, float* out) {
  uint32_t* images = call.scratch<uint32_t>(s.pairs() * s.pairSize());
  uint32_t* gradients = call.scratch<uint32_t>(s.pairs() * s.gradientSize());
  if (!call.ok()) return;
  parallel(s.pairs(), [&](int64_t pair) {
    packImages(s, x, pair, images + pair * s.pairSize());
    packGradients(s, dy, pair, gradients + pair * s.gradientSize());
  });
  std::vector<FilterPart> parts;
  for (int64_t row = 0; row < s.kernelHeight; row++)
    for (int64_t tap = 0; tap < s.taps(); tap += tapsEach)
      for (int64_t c = 0; c < s.out; c += 64)
        parts.push_back({row, tap, std::min(tap + tapsEach, s.taps()), c, std::min<int64_t>(64, s.out - c)});
  parallel((int64_t)parts.size(), [&](int64_t i) {
    const FilterPart& part = parts[i];
    for (int64_t tap = part.firstTap; tap < part.lastTap; tap++)
      memset(out + (part.row * s.taps() + tap) * s.out + part.channel, 0, part.channels * sizeof(float));
    for (int64_t pair = 0; pair < s.pairs(); pair++)
      addPair(s, part, images + pair * s.pairSize(), gradients + pair * s.gradientSize(), out);
  });
}

static void filterGradient(Call& call, const FilterShape& shape, const bfloat16* x, const bfloat16* dy, float* out) {
  const PairedMaps maps{shape};
  if (maps.filterSize() <= 1 << 16) byImages(call, maps, x, dy, out);
  else byParts(call, maps, x, dy, out);
}

/** Of matrices [rows, in] and [rows, out]: stretches of rows are images. */
static void weightGradient(Call& call, int64_t rows, int64_t in, int64_t out, const bfloat16* x, const bfloat16* dy, float* result) {
  int64_t images = 2; // long stretches, so that sums stay in registers; and enough of them for every core
  for (int64_t more = 4; more <= 128 && rows / more >= 64; more += 2)
    if (rows % more == 0) images = more;
  const int64_t width = rows / images;
  filterGradient(call, {images, 1, width, in, 1, width, out, 1, 1, 1, 0, 0}, x, dy, result);
}

}  // namespace LEVEL
}  // namespace unlabel
#endif
