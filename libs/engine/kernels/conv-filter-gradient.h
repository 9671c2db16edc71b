// The gradient of a convolution's filter from bfloat16 maps, on CPUs that multiply bfloat16.
//
//     dW[kh, kw, ci, co] = Σ_{n, oh, ow} X[n, s·oh + kh − top, s·ow + kw − left, ci] · dY[n, oh, ow, co]
//
// In a row of X the values that meet the taps kw of one filter row are neighbours (kw, ci), so that each filter row is one
// matrix product, of pairs or of tiles.
#pragma once
#include "filter-gradient-pairs.h"
#include "filter-gradient-tiles.h"

#ifdef __AVX512BF16__

namespace unlabel {
namespace LEVEL {

class ConvFilterGradient {
 public:
  explicit ConvFilterGradient(TF_OpKernelConstruction* made) : stride_(intAttribute(made, "stride")), same_(boolAttribute(made, "same")) {}

  void run(Call& call) {
    TF_Tensor *x = call.input(0), *sizes = call.input(1), *dy = call.input(2);
    if (!call.ok()) return;
    if (TF_NumDims(x) != 4 || TF_NumDims(dy) != 4 || size(sizes) != 4 || TF_Dim(dy, 3) % 16 != 0)
      return call.refuse("UnlabelConvFilterGradient: maps must be [N, H, W, C] and channels out a multiple of 16");
    const int32_t* filter = data<int32_t>(sizes);
    FilterShape s{TF_Dim(x, 0), TF_Dim(x, 1), TF_Dim(x, 2), TF_Dim(x, 3), TF_Dim(dy, 1), TF_Dim(dy, 2), TF_Dim(dy, 3), stride_, filter[0], filter[1], 0, 0};
    if (same_) {
      s.top = std::max<int64_t>(0, s.paddedHeight() - s.height) / 2;
      s.left = std::max<int64_t>(0, s.paddedWidth() - s.width) / 2;
    }
    TF_Tensor* out = call.output(0, TF_FLOAT, {filter[0], filter[1], filter[2], filter[3]});
    if (call.ok()) filterGradient(call, s, data<bfloat16>(x), data<bfloat16>(dy), data<float>(out));
  }

 private:
  int64_t stride_;
  bool same_;
};

/** The gradient of a layer's weight, Xᵀ dY, as that of a filter of one tap. */
class WeightGradient {
 public:
  explicit WeightGradient(TF_OpKernelConstruction*) {}

  void run(Call& call) {
    TF_Tensor *x = call.input(0), *dy = call.input(1);
    if (!call.ok()) return;
    if (TF_NumDims(x) != 2 || TF_NumDims(dy) != 2 || TF_Dim(x, 0) != TF_Dim(dy, 0) || TF_Dim(x, 0) % 2 != 0 || TF_Dim(dy, 1) % 16 != 0)
      return call.refuse("UnlabelWeightGradient: x and dy must be matrices of an even number of rows, dy's columns a multiple of 16");
    const int64_t rows = TF_Dim(x, 0), in = TF_Dim(x, 1), columns = TF_Dim(dy, 1);
    TF_Tensor* out = call.output(0, TF_FLOAT, {in, columns});
    if (call.ok()) weightGradient(call, rows, in, columns, data<bfloat16>(x), data<bfloat16>(dy), data<float>(out));
  }
};

static void defineConvFilterGradient(std::string& failure) {
  define<ConvFilterGradient>({"UnlabelConvFilterGradient",
                              {"stride: int", "same: bool"},
                              {"x: bfloat16", "filter_sizes: int32", "dy: bfloat16"},
                              {"filter: float"},
                              {-1}},
                             failure);
  define<WeightGradient>({"UnlabelWeightGradient", {}, {"x: bfloat16", "dy: bfloat16"}, {"weight: float"}, {-1}}, failure);
}

}  // namespace LEVEL
}  // namespace unlabel
#endif
