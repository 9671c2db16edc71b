// A bias, with GELU or without, added to what a layer's product gave; and their gradients.
#pragma once
#include "column-sums.h"

namespace unlabel {
namespace LEVEL {

struct Identity {
  INLINE F value(F z) { return z; }
};
/** z Φ(z): libs/tensor/src/gelu-exact.ts. */
struct Gelu {
  INLINE F phi(F z) { return (errorFunction(z * 0.70710678118654752f) + 1.f) * 0.5f; }
  INLINE F value(F z) { return z * phi(z); }
  INLINE F slope(F z) { return phi(z) + z * exponential(z * z * -0.5f) * 0.39894228040143268f; }
};

template <class Activation>
class Bias {
 public:
  explicit Bias(TF_OpKernelConstruction*) {}

  void run(Call& call) {
    TF_Tensor *x = call.input(0), *bias = call.input(1);
    if (!call.ok()) return;
    const int64_t D = size(bias), rows = D ? size(x) / D : 0;
    if (lastSide(x) != D) return call.refuse("a bias must be as long as a row of what it is added to");
    TF_Tensor* y = call.outputLike(0, x, 0);
    if (!call.ok()) return;
    withType(TF_TensorType(x), [&](auto t) {
      using T = decltype(t);
      const T* in = data<T>(x);
      T* out = data<T>(y);
      const float* b = data<float>(bias);
      const Parts parts(rows, D, 256);
      parallel(parts.count, [&](int64_t part) {
        for (int64_t row = parts.begin(part); row < parts.end(part); row++) {
          int64_t c = 0, i = row * D;
          for (; c + lanes <= D; c += lanes) store(out + i + c, Activation::value(load(in + i + c) + load(b + c)));
          if (c < D) storeFirst(out + i + c, Activation::value(loadFirst(in + i + c, D - c) + loadFirst(b + c, D - c)), D - c);
        }
      });
    });
  }
};

/** dz = dy · GELU′(x + bias), dBias = Σ rows of dz. */
class BiasGeluGradient {
 public:
  explicit BiasGeluGradient(TF_OpKernelConstruction*) {}

  void run(Call& call) {
    TF_Tensor *dy = call.input(0), *x = call.input(1), *bias = call.input(2);
    if (!call.ok()) return;
    const int64_t D = size(bias), rows = D ? size(x) / D : 0;
    if (lastSide(x) != D || size(dy) != size(x)) return call.refuse("the gradient of a bias: dy must have the shape of x");
    TF_Tensor* dz = call.outputLike(0, dy, 0);
    TF_Tensor* dBias = call.output(1, TF_FLOAT, {D});
    const Parts parts(rows, D);
    float* partial = call.scratch<float>(D * parts.count);
    if (!call.ok()) return;
    withType(TF_TensorType(x), [&](auto t) {
      using T = decltype(t);
      const T *g = data<T>(dy), *in = data<T>(x);
      T* out = data<T>(dz);
      const float* b = data<float>(bias);
      parallel(parts.count, [&](int64_t part) {
        float* sums = partial + D * part;
        memset(sums, 0, D * sizeof(float));
        for (int64_t row = parts.begin(part); row < parts.end(part); row++) {
          int64_t c = 0;
          for (; c + lanes <= D; c += lanes) {
            const int64_t i = row * D + c;
            const F d = load(g + i) * Gelu::slope(load(in + i) + load(b + c));
            store(out + i, d);
            store(sums + c, load(sums + c) + d);
          }
          if (c < D) {
            const int64_t n = D - c, i = row * D + c;
            const F d = loadFirst(g + i, n) * Gelu::slope(loadFirst(in + i, n) + loadFirst(b + c, n));
            storeFirst(out + i, d, n);
            storeFirst(sums + c, loadFirst(sums + c, n) + d, n);
          }
        }
      });
    });
    addParts(partial, parts.count, D, D, data<float>(dBias));
  }
};

/** Σ rows of x, the gradient of a bias. */
class ColumnSums {
 public:
  explicit ColumnSums(TF_OpKernelConstruction*) {}

  void run(Call& call) {
    TF_Tensor* x = call.input(0);
    if (!call.ok()) return;
    const int64_t D = lastSide(x), rows = D ? size(x) / D : 0;
    TF_Tensor* out = call.output(0, TF_FLOAT, {D});
    const Parts parts(rows, D);
    float* partial = call.scratch<float>(D * parts.count);
    if (!call.ok()) return;
    withType(TF_TensorType(x), [&](auto t) {
      using T = decltype(t);
      const T* in = data<T>(x);
      parallel(parts.count, [&](int64_t part) {
        float* sums = partial + D * part;
        memset(sums, 0, D * sizeof(float));
        for (int64_t row = parts.begin(part); row < parts.end(part); row++)
          for (int64_t c = 0; c < D; c += lanes)
            storeFirst(sums + c, loadFirst(sums + c, D - c) + loadFirst(in + row * D + c, D - c), D - c);
      });
    });
    addParts(partial, parts.count, D, D, data<float>(out));
  }
};

static void defineBias(std::string& failure) {
  const char* types = "T: {float, bfloat16}";
  define<Bias<Identity>>({"UnlabelBias", {types}, {"x: T", "bias: float"}, {"y: T"}, {0}}, failure);
  define<Bias<Gelu>>({"UnlabelBiasGelu", {types}, {"x: T", "bias: float"}, {"y: T"}, {0}}, failure);
  define<BiasGeluGradient>(
      {"UnlabelBiasGeluGradient", {types}, {"dy: T", "x: T", "bias: float"}, {"dz: T", "d_bias: float"}, {0, 2}}, failure);
  define<ColumnSums>({"UnlabelColumnSums", {types}, {"x: T"}, {"sums: float"}, {-1}}, failure);
}

}  // namespace LEVEL
}  // namespace unlabel
