// Softmax over the last axis of scaled scores, and its gradient.
#pragma once
#include "column-sums.h"

namespace unlabel {
namespace LEVEL {

/** y = softmax(scale · x), row by row, in float32 inside. */
class Softmax {
 public:
  explicit Softmax(TF_OpKernelConstruction* made) : scale_(floatAttribute(made, "scale")) {}

  void run(Call& call) {
    TF_Tensor* x = call.input(0);
    if (!call.ok()) return;
    const int64_t L = lastSide(x), rows = L ? size(x) / L : 0;
    TF_Tensor* y = call.outputLike(0, x, 0);
    if (!call.ok()) return;
    const auto run = [&](auto t) {
      using T = decltype(t);
      const Parts parts(rows, L, 256);
      parallel(parts.count, [&](int64_t part) {
        std::vector<float> row((L + lanes - 1) / lanes * lanes);
        for (int64_t r = parts.begin(part); r < parts.end(part); r++) one(L, data<T>(x) + r * L, data<T>(y) + r * L, row.data());
      });
    };
    if (TF_TensorType(x) == TF_FLOAT) run(float{});
    else run(bfloat16{});
  }

 private:
  template <class T>
  void one(int64_t L, const T* x, T* y, float* row) const {
    F most = all(-INFINITY);
    for (int64_t c = 0; c < L; c += lanes) {
      F value = loadFirst(x + c, L - c) * scale_;
      if (L - c < lanes) value = after(value, L - c, -INFINITY);
      store(row + c, value);
      most = larger(most, value);
    }
    const float top = largest(most);
    F total = all(0.f);
    for (int64_t c = 0; c < L; c += lanes) {
      const F e = exponential(load(row + c) - top);
      store(row + c, e);
      total += e;
    }
    const float inverse = 1.f / sum(total);
    for (int64_t c = 0; c < L; c += lanes) storeFirst(y + c, load(row + c) * inverse, L - c);
  }
  INLINE F after(F x, int64_t n, float fill) {
    float part[lanes];
    store(part, x);
    for (int64_t i = n; i < lanes; i++) part[i] = fill;
    return load(part);
  }

  float scale_;
};

/** dx = scale · y (dy − Σ dy y). */
class SoftmaxGradient {
 public:
  explicit SoftmaxGradient(TF_OpKernelConstruction* made) : scale_(floatAttribute(made, "scale")) {}

  void run(Call& call) {
    TF_Tensor *dy = call.input(0), *y = call.input(1);
    if (!call.ok()) return;
    if (size(dy) != size(y)) return call.refuse("UnlabelSoftmaxGradient: dy must have the shape of y");
    const int64_t L = lastSide(y), rows = L ? size(y) / L : 0;
    TF_Tensor* dx = call.outputLike(0, dy, 0);
    if (!call.ok()) return;
    const auto run = [&](auto t) {
      using T = decltype(t);
      const Parts parts(rows, L, 256);
      parallel(parts.count, [&](int64_t part) {
        for (int64_t r = parts.begin(part); r < parts.end(part); r++) {
          const T *g = data<T>(dy) + r * L, *p = data<T>(y) + r * L;
          T* out = data<T>(dx) + r * L;
          F along = all(0.f);
          for (int64_t c = 0; c < L; c += lanes) along += loadFirst(g + c, L - c) * loadFirst(p + c, L - c);
          const float mean = sum(along);
          for (int64_t c = 0; c < L; c += lanes)
            storeFirst(out + c, loadFirst(p + c, L - c) * (loadFirst(g + c, L - c) - mean) * scale_, L - c);
        }
      });
    };
    if (TF_TensorType(y) == TF_FLOAT) run(float{});
    else run(bfloat16{});
  }

 private:
  float scale_;
};

static void defineSoftmax(std::string& failure) {
  const std::vector<const char*> attributes = {"T: {float, bfloat16}", "scale: float"};
  define<Softmax>({"UnlabelSoftmax", attributes, {"x: T"}, {"y: T"}, {0}}, failure);
  define<SoftmaxGradient>({"UnlabelSoftmaxGradient", attributes, {"dy: T", "y: T"}, {"dx: T"}, {0}}, failure);
}

}  // namespace LEVEL
}  // namespace unlabel
