// Sums of two maps of one shape, the second in bfloat16.
#pragma once
#include "column-sums.h"

namespace unlabel {
namespace LEVEL {

/** a + b, of the type of a. */
template <class T>
class Sum {
 public:
  explicit Sum(TF_OpKernelConstruction*) {}

  void run(Call& call) {
    TF_Tensor *left = call.input(0), *right = call.input(1);
    if (!call.ok()) return;
    if (size(left) != size(right)) return call.refuse("a sum: both must have one shape");
    TF_Tensor* out = call.outputLike(0, left, 0);
    if (!call.ok()) return;
    const T* a = data<T>(left);
    const bfloat16* b = data<bfloat16>(right);
    T* y = data<T>(out);
    stretches(size(left), [&](int64_t begin, int64_t end) {
      int64_t i = begin;
      for (; i + lanes <= end; i += lanes) store(y + i, load(a + i) + load(b + i));
      if (i < end) storeFirst(y + i, loadFirst(a + i, end - i) + loadFirst(b + i, end - i), end - i);
    });
  }
};

static void defineSum(std::string& failure) {
  define<Sum<bfloat16>>({"UnlabelAdd", {}, {"a: bfloat16", "b: bfloat16"}, {"sum: bfloat16"}, {0}}, failure);
  define<Sum<float>>({"UnlabelAddNarrow", {}, {"wide: float", "narrow: bfloat16"}, {"sum: float"}, {0}}, failure);
}

}  // namespace LEVEL
}  // namespace unlabel
