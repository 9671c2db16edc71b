// What is done to pixels, once for each level of vector instructions. Images are three planes of float32 (red, green, blue),
// row by row. All arithmetic is in float32, every product and sum rounded, each in the order of the plain function of its name
// in ../src: the bits are the same at every level, which is why the compiler may fuse or reorder nothing
// (tools/setup/transforms.ts).
#pragma once
#include <cstdint>

namespace unlabel {

struct Kernels {
  /** clamp(factor x + offset, 0, 1): brightness, and contrast once the mean is known. */
  void (*affine)(float* values, int count, double factor, double offset);
  /** 1 - x where x ≥ threshold, else x. */
  void (*solarize)(float* values, int count, double threshold);
  /** Three equal channels with the grey value. */
  void (*grayscale)(float* r, float* g, float* b, int pixels);
  /** clamp(f x + (1 - f) g, 0, 1) with g the grey value of each pixel. */
  void (*saturation)(float* r, float* g, float* b, int pixels, double factor);
  /** The hue turned by `turn` sixths of a turn, 0 .. 6. */
  void (*hue)(float* r, float* g, float* b, int pixels, double turn);
  /** The sum of each plane in float64: pixel i in sum i mod 16, then these one after another. */
  void (*channelSums)(const float* r, const float* g, const float* b, int pixels, double* sums);
  /** Reverses each row. `line` has room for a row. */
  void (*mirrorRows)(float* rows, int height, int width, float* line);
  /** Interleaved bytes, divided by 255 in float32, to planes. */
  void (*bytesToPlanes)(const uint8_t* source, float* r, float* g, float* b, int pixels);
  /** Times 255 in float32, rounded half to even, held to 0..255, interleaved. */
  void (*planesToBytes)(const float* r, const float* g, const float* b, int pixels, uint8_t* out);
  /**
   * Resamples `height` rows of `width` interleaved bytes, a row `rowBytes` after the one before, to rows of 3 outWidth + 1 float32: interleaved
   * pixels and one value more. `starts` is the first pixel read for each pixel of a row, with `taps` weights each; `lines` has room for
   * 19 width + 1 values.
   */
  void (*alongWidthOfBytes)(const uint8_t* source, int rowBytes, int height, int width, const int32_t* starts, const float* weights, int taps,
                            float* lines, float* out, int outWidth);
  /** The same from planes, whose rows are `rowValues` apart. */
  void (*alongWidthOfPlanes)(const float* r, const float* g, const float* b, int rowValues, int height, int width, const int32_t* starts,
                             const float* weights, int taps, float* lines, float* out, int outWidth);
  /** Resamples such rows to `outHeight` rows of planes. `line` has room for 3 width values. */
  void (*alongHeight)(const float* source, int width, const int32_t* starts, const float* weights, int taps, float* line, float* r, float* g,
                      float* b, int outHeight);
  /**
   * Blurs the rows of a plane along their width, mirrored at both ends. `taps` is odd; `line` has room for width + taps + 15 values, `out` for
   * 15 more than the image.
   */
  void (*blurRows)(const float* source, int height, int width, const float* weights, int taps, float* line, float* out);
  /** Blurs such rows along their height into a plane; `rows` has room for height + taps pointers. 15 values after the source are read. */
  void (*blurColumns)(const float* source, int height, int width, const float* weights, int taps, const float** rows, float* out);
};

}  // namespace unlabel
