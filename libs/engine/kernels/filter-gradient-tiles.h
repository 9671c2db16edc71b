// The gradient of a convolution's filter by instructions that multiply whole tiles of bfloat16 (AMX): 16 × 32 by 32 × 16.
//
// The 32 numbers that one product sums over are those of 32 images at the same place, so that neither strides nor padding nor small
// maps leave a part of a tile empty. They lie in pairs, as the instruction takes them: X as [row, column, channel][16 pairs], so that
// neighbouring taps are the rows of a tile; dY as [row, column][16 channels at a time][16 pairs][16], each a tile.
#pragma once
#include "filter-shape.h"

#ifdef __AMX_BF16__

namespace unlabel {
namespace LEVEL {

/** Images in a group, and pairs of them. */
constexpr int64_t imagesEach = 32, pairsEach = 16;
/** Words, each a pair, of what lies in the second cache with room to spare. */
constexpr int64_t cachedWords = 1 << 18;
/** Numbers of a filter whose sums fit beside that. */
constexpr int64_t smallFilter = 1 << 18;
/** Taps and channels of one part of a large filter. */
constexpr int64_t sideEach = 128;

struct TiledMaps : FilterShape {
  /** Where maps are matrices: their rows. 32 of them are a group, whose images lie side by side, not one after the other. */
  int64_t matrixRows = 0;

  int64_t groups() const { return (images + imagesEach - 1) / imagesEach; }
  /** Words of a row of X with its padding, and of dY. */
  int64_t imageRow() const { return paddedWidth() * in * pairsEach; }
  int64_t gradientRow() const { return columns * out * pairsEach; }
  /** The last tile of taps may be filled up with what comes behind; its rows are not used. */
  int64_t tiledTaps() const { return (taps() + 15) / 16 * 16; }
  int64_t tiledSize() const { return kernelHeight * tiledTaps() * out; }
  int64_t imageWords(int64_t height) const { return height * imageRow() + 16 * pairsEach; }
  /** Rows of X that so many rows of dY meet. */
  int64_t heightOf(int64_t rows) const { return (rows - 1) * stride + kernelHeight; }
};

/** The shape of this thread's eight tiles, as long as it lives: 16 rows of 64 bytes. */
class TileShape {
 public:
  TileShape() {
    struct alignas(64) Layout {
      uint8_t palette, startRow, reserved[14];
      uint16_t rowBytes[16];
      uint8_t rows[16];
    };
    // A constant: the compiler knows of the first eight bytes only that they are read.
    static const Layout layout{1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};
    _tile_loadconfig(&layout);
  }
  ~TileShape() { _tile_release(); }
  TileShape(const TileShape&) = delete;
};

/** out[i][j] = in[j][i], of 16 × 16 words; the first n rows of it. */
INLINE void transpose(const uint32_t* in, int64_t inStride, uint32_t* out, int64_t n) {
  __m512i a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_si512(in + i * inStride);
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int half = 0; half < 2; half++) {
      a[i + 2 * half] = _mm512_unpacklo_epi64(b[i + half], b[i + half + 2]);
      a[i + 2 * half + 1] = _mm512_unpackhi_epi64(b[i + half], b[i + half + 2]);
    }
  for (int i = 0; i < 16; i += 8)
    for (int j = 0; j < 4; j++) {
      b[i + j] = _mm512_shuffle_i32x4(a[i + j], a[i + j + 4], 0x88);
      b[i + j + 4] = _mm512_shuffle_i32x4(a[i + j], a[i + j + 4], 0xdd);
    }
  for (int j = 0; j < 8; j++) {
    a[j] = _mm512_shuffle_i32x4(b[j], b[j + 8], 0x88);
    a[j + 8] = _mm512_shuffle_i32x4(b[j], b[j + 8], 0xdd);
  }
  for (int i = 0; i < 16; i++)
    if (i < n) _mm512_storeu_si512(out + i * 16, a[i]);
}

/** Numbers of a map that are taken from one image before the next, and where the next pair's begin. */
constexpr int64_t runLength = 256, runStride = runLength + 16;

/** A row of the images of a group, in one of the maps. */
struct GroupRow {
  const bfloat16* first;
  /** from an image to the next, and how many are there */
  int64_t imageStride, present;

  /** @param height, length of the map, and numbers in a row of it */
  GroupRow(const TiledMaps& s, const bfloat16* map, int64_t group, int64_t row, int64_t height, int64_t length) {
    const bool isMatrix = s.matrixRows > 0;
    imageStride = isMatrix ? length : height * length;
    first = map + group * imagesEach * imageStride + row * (isMatrix ? imagesEach : 1) * length;
    present = isMatrix ? s.matrixRows - row * imagesEach : s.images - group * imagesEach;
  }

  /** Sixteen numbers at a time of two images, from `at` on: to(word of the first, pairs); zeros for images that are not there. */
  template <class To>
  inline __attribute__((always_inline)) void pairs(int64_t image, int64_t at, int64_t n, const To& to) const {
    const bfloat16* from = first + image * imageStride + at;
    const bfloat16* second = image + 1 < present ? from + imageStride : nullptr;
    for (int64_t i = 0; i < n; i += 16) {
      // The next pair, which may lie far from this one.
      _mm_prefetch((const char*)(from + 2 * imageStride + i), _MM_HINT_T0);
      _mm_prefetch((const char*)(from + 3 * imageStride + i), _MM_HINT_T0);
      uint32_t* out = to(i);
      if (image >= present) memset(out, 0, std::min<int64_t>(16, n - i) * sizeof *out);
      else interleave(from + i, second ? second + i : nullptr, std::min<int64_t>(16, n - i), out);
    }
  }
};

/** Rows of X of a group of images, padded: [row, column, channel][pair]. */
static void packImages(const TiledMaps& s, const bfloat16* x, int64_t group, int64_t firstRow, int64_t count, uint32_t* out) {
  uint32_t runs[pairsEach * runStride];
  const int64_t before = s.left * s.in, copied = std::min(s.width, s.paddedWidth() - s.left) * s.in;
  const int64_t after = s.paddedWidth() * s.in - before - copied;
  for (int64_t row = 0; row < count; row++, out += s.imageRow()) {
    const int64_t source = firstRow + row - s.top;
    if ((firstRow + row) % s.stride >= s.kernelHeight) continue; // no tap meets it
    if (source < 0 || source >= s.height) {
      memset(out, 0, s.imageRow() * sizeof *out);
      continue;
    }
    const GroupRow from(s, x, group, source, s.height, s.width * s.in);
    memset(out, 0, before * pairsEach * sizeof *out);
    for (int64_t at = 0; at < copied; at += runLength) {
      const int64_t n = std::min(runLength, copied - at);
      for (int64_t pair = 0; pair < pairsEach; pair++)
        from.pairs(2 * pair, at, n, [&](int64_t i) { return runs + pair * runStride + i; });
      for (int64_t i = 0; i < n; i += 16) transpose(runs + i, runStride, out + (before + at + i) * pairsEach, n - i);
    }
    memset(out + (before + copied) * pairsEach, 0, after * pairsEach * sizeof *out);
  }
}

/** Rows of dY of a group of images: [row, column][16 channels at a time][pair][16]. */
static void packGradients(const TiledMaps& s, const bfloat16* dy, int64_t group, int64_t firstRow, int64_t count, uint32_t* out) {
  const int64_t length = s.columns * s.out;
  for (int64_t row = 0; row < count; row++, out += s.gradientRow()) {
    const GroupRow from(s, dy, group, firstRow + row, s.rows, length);
    for (int64_t pair = 0; pair < pairsEach; pair++)
      from.pairs(2 * pair, 0, length, [&](int64_t i) { return out + (i + pair) * 16; });
  }
}

/** acc[16 m …][16 n …] += Σ over rows and columns of M tiles of x by N of dy. */
template <int M, int N>
static void multiply(const uint32_t* x, int64_t xRow, int64_t xStep, const uint32_t* dy, int64_t dyRow, int64_t dyStep, int64_t rows,
                     int64_t columns, float* acc, int64_t accStride) {
  const int64_t accBytes = accStride * (int64_t)sizeof(float);
  float* below = acc + 16 * accStride;
  __asm__ volatile("" ::: "memory"); // the compiler does not see that tiles read and write memory
  _tile_loadd(0, acc, accBytes);
  if (N > 1) _tile_loadd(1, acc + 16, accBytes);
  if (M > 1) _tile_loadd(2, below, accBytes);
  if (M > 1 && N > 1) _tile_loadd(3, below + 16, accBytes);
  for (int64_t row = 0; row < rows; row++) {
    const uint32_t *a = x + row * xRow, *b = dy + row * dyRow;
    for (int64_t column = 0; column < columns; column++, a += xStep, b += dyStep) {
      _tile_loadd(4, a, 64);
      _tile_loadd(6, b, 64);
      _tile_dpbf16ps(0, 4, 6);
      if (N > 1) _tile_loadd(7, b + 256, 64);
      if (N > 1) _tile_dpbf16ps(1, 4, 7);
      if (M > 1) _tile_loadd(5, a + 256, 64);
      if (M > 1) _tile_dpbf16ps(2, 5, 6);
      if (M > 1 && N > 1) _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, acc, accBytes);
  if (N > 1) _tile_stored(1, acc + 16, accBytes);
  if (M > 1) _tile_stored(2, below, accBytes);
  if (M > 1 && N > 1) _tile_stored(3, below + 16, accBytes);
  __asm__ volatile("" ::: "memory");
}

/** Adds what some rows of a group give to a part of the filter's gradient, [row, tap][channel]. */
static void addRows(const TiledMaps& s, const FilterPart& part, const uint32_t* x, const uint32_t* dy, int64_t rows, float* filter) {
  const int64_t lastChannel = part.channel + part.channels;
  for (int64_t c = part.channel; c < lastChannel; c += 32)
    for (int64_t tap = part.firstTap; tap < part.lastTap; tap += 32) {
      const bool isTall = tap + 16 < part.lastTap, isWide = c + 16 < lastChannel;
      const auto tiles = isTall ? (isWide ? multiply<2, 2> : multiply<2, 1>) : (isWide ? multiply<1, 2> : multiply<1, 1>);
      tiles(x + part.row * s.imageRow() + tap * pairsEach, s.stride * s.imageRow(), s.stride * s.in * pairsEach, dy + c * pairsEach,
            s.gradientRow(), s.out * pairsEach, rows, s.columns, filter + (part.row * s.tiledTaps() + tap) * s.out + c, s.out);
    }
}

/** A small filter: each part of the work takes some rows for all of it, and the sums are added at the end. */
static void byImages(Call& call, const TiledMaps& s, const bfloat16* x, const bfloat16* dy, float* out) {
  const int64_t rowsEach = std::min(s.rows, std::max<int64_t>(1, cachedWords / (s.stride * s.imageRow() + s.gradientRow())));
  const int64_t inGroup = (s.rows + rowsEach - 1) / rowsEach, blocks = s.groups() * inGroup;
  const int64_t each = (blocks + 15) / 16, count = (blocks + each - 1) / each;
  const int64_t imageWords = s.imageWords(s.heightOf(rowsEach)), words = imageWords + rowsEach * s.gradientRow();
  float* partial = call.scratch<float>(count * s.tiledSize());
  uint32_t* packed = call.scratch<uint32_t>(count * words);
  if (!call.ok()) return;
  parallel(count, [&](int64_t part) {
    const TileShape shape;
    float* filter = partial + part * s.tiledSize();
    uint32_t *images = packed + part * words, *gradients = images + imageWords;
    memset(filter, 0, s.tiledSize() * sizeof *filter);
    for (int64_t block = part * each; block < std::min(blocks, (part + 1) * each); block++) {
      const int64_t group = block / inGroup, first = block % inGroup * rowsEach, rows = std::min(rowsEach, s.rows - first);
      packImages(s, x, group, first * s.stride, s.heightOf(rows), images);
      packGradients(s, dy, group, first, rows, gradients);
      for (int64_t row = 0; row < s.kernelHeight; row++) addRows(s, {row, 0, s.taps(), 0, s.out}, images, gradients, rows, filter);
    }
  });
  const int64_t row = s.taps() * s.out;
  parallel(s.kernelHeight, [&](int64_t i) { addParts(partial + i * s.tiledTaps() * s.out, count, s.tiledSize(), row, out + i * row); });
}

/** A large filter: all images are laid out first, then each part of the work takes a part of the filter. */
static void byParts(Call& call, const TiledMaps& s, const bfloat16* x, const bfloat16* dy, float* out) {
  const int64_t imageWords = s.imageWords(s.paddedHeight()), gradientWords = s.rows * s.gradientRow();
  uint32_t* images = call.scratch<uint32_t>(s.groups() * imageWords);
  uint32_t* gradients = call.scratch<uint32_t>(s.groups() * gradientWords);
  const bool isWhole = s.tiledTaps() == s.taps();
  float* filter = isWhole ? out : call.scratch<float>(s.tiledSize());
  if (!call.ok()) return;
  parallel(s.groups() * s.paddedHeight(), [&](int64_t i) {
    const int64_t group = i / s.paddedHeight(), row = i % s.paddedHeight();
    packImages(s, x, group, row, 1, images + group * imageWords + row * s.imageRow());
    if (row < s.rows) packGradients(s, dy, group, row, 1, gradients + group * gradientWords + row * s.gradientRow());
  });
  std::vector<FilterPart> parts;
  for (int64_t row = 0; row < s.kernelHeight; row++)
    for (int64_t tap = 0; tap < s.taps(); tap += sideEach)
      for (int64_t c = 0; c < s.out; c += sideEach)
        parts.push_back({row, tap, std::min(tap + sideEach, s.taps()), c, std::min(sideEach, s.out - c)});
  // As many rows at a time as leave what a part takes of both maps in the second cache.
  const int64_t rowsEach = std::max<int64_t>(1, cachedWords / (2 * sideEach * pairsEach * s.columns));
  parallel((int64_t)parts.size(), [&](int64_t i) {
    const FilterPart& part = parts[i];
    const TileShape shape;
    const int64_t end = part.lastTap == s.taps() ? s.tiledTaps() : part.lastTap;
    for (int64_t tap = part.firstTap; tap < end; tap++)
      memset(filter + (part.row * s.tiledTaps() + tap) * s.out + part.channel, 0, part.channels * sizeof *filter);
    for (int64_t group = 0; group < s.groups(); group++)
      for (int64_t row = 0; row < s.rows; row += rowsEach)
        addRows(s, part, images + group * imageWords + row * s.stride * s.imageRow(),
                gradients + group * gradientWords + row * s.gradientRow(), std::min(rowsEach, s.rows - row), filter);
  });
  if (isWhole) return;
  const int64_t row = s.taps() * s.out;
  for (int64_t i = 0; i < s.kernelHeight; i++) memcpy(out + i * row, filter + i * s.tiledTaps() * s.out, row * sizeof *out);
}

static void compute(Call& call, const TiledMaps& maps, const bfloat16* x, const bfloat16* dy, float* out) {
  if (maps.filterSize() <= smallFilter) byImages(call, maps, x, dy, out);
  else byParts(call, maps, x, dy, out);
}

static void filterGradient(Call& call, const FilterShape& shape, const bfloat16* x, const bfloat16* dy, float* out) {
  compute(call, {shape}, x, dy, out);
}

/** Of matrices [rows, in] and [rows, out]: neighbouring rows are one place of a group of images. */
static void weightGradient(Call& call, int64_t rows, int64_t in, int64_t out, const bfloat16* x, const bfloat16* dy, float* result) {
  const int64_t places = (rows + imagesEach - 1) / imagesEach;
  compute(call, {{imagesEach, places, 1, in, places, 1, out, 1, 1, 1, 0, 0}, rows}, x, dy, result);
}

}  // namespace LEVEL
}  // namespace unlabel
#endif
