// UnlabelLayerNorm and its gradient: see libs/tensor/src/layer-norm.ts for the equations.
#pragma once
#include "column-sums.h"

namespace unlabel {
namespace LEVEL {

class LayerNorm {
 public:
  explicit LayerNorm(TF_OpKernelConstruction* made) : epsilon_(floatAttribute(made, "epsilon")), type_(typeAttribute(made, "T")) {}

  void run(Call& call) {
    TF_Tensor *x = call.input(0), *gamma = call.input(1), *beta = call.input(2);
    if (!call.ok()) return;
    const int64_t D = lastSide(x), rows = D ? size(x) / D : 0;
    if (size(gamma) != D || size(beta) != D) return call.refuse("UnlabelLayerNorm: gamma and beta must be as long as a row of x");
    TF_Tensor* y = call.output(0, type_, Call::shapeOf(x));
    TF_Tensor* mean = call.output(1, TF_FLOAT, {rows});
    TF_Tensor* inverse = call.output(2, TF_FLOAT, {rows});
    if (!call.ok()) return;
    withType(type_, [&](auto t) {
      forward(rows, D, data<float>(x), data<float>(gamma), data<float>(beta), data<decltype(t)>(y), data<float>(mean), data<float>(inverse));
    });
  }

 private:
  template <class T>
  void forward(int64_t rows, int64_t D, const float* x, const float* gamma, const float* beta, T* y, float* mean, float* inverse) {
    const Parts parts(rows, D);
    parallel(parts.count, [&](int64_t part) {
      for (int64_t row = parts.begin(part); row < parts.end(part); row++) {
        const float* in = x + row * D;
        T* out = y + row * D;
        F total = all(0.f);
        for (int64_t c = 0; c < D; c += lanes) total += loadFirst(in + c, D - c);
        const float mu = sum(total) / D;
        F squares = all(0.f);
        for (int64_t c = 0; c < D; c += lanes) {
          F centred = loadFirst(in + c, D - c) - mu;
          if (D - c < lanes) centred = zeroFrom(centred, D - c);
          squares += centred * centred;
        }
        const float inv = 1.0f / std::sqrt(sum(squares) / D + epsilon_);
        mean[row] = mu;
        inverse[row] = inv;
        for (int64_t c = 0; c < D; c += lanes)
          storeFirst(out + c, (loadFirst(in + c, D - c) - mu) * inv * loadFirst(gamma + c, D - c) + loadFirst(beta + c, D - c), D - c);
      }
    });
  }
  INLINE F zeroFrom(F x, int64_t n) {
    float part[lanes];
    store(part, x);
    return loadFirst(part, n);
  }

  float epsilon_;
  TF_DataType type_;
};

class LayerNormGradient {
 public:
  explicit LayerNormGradient(TF_OpKernelConstruction*) {}

  void run(Call& call) {
    TF_Tensor *dy = call.input(0), *x = call.input(1), *gamma = call.input(2), *mean = call.input(3), *inverse = call.input(4);
    if (!call.ok()) return;
    const int64_t D = lastSide(x), rows = D ? size(x) / D : 0;
    if (size(gamma) != D || size(dy) != size(x)) return call.refuse("UnlabelLayerNormGradient: dy must have the shape of x, gamma that of a row");
    TF_Tensor* dx = call.outputLike(0, x, TF_TensorType(dy) == TF_FLOAT ? 0 : -1);
    TF_Tensor* dGamma = call.output(1, TF_FLOAT, {D});
    TF_Tensor* dBeta = call.output(2, TF_FLOAT, {D});
    const Parts parts(rows, D);
    float* partial = call.scratch<float>(2 * D * parts.count);
    if (!call.ok()) return;
    withType(TF_TensorType(dy), [&](auto t) {
      using T = decltype(t);
      parallel(parts.count, [&](int64_t part) {
        float* sums = partial + 2 * D * part;
        memset(sums, 0, 2 * D * sizeof(float));
        for (int64_t row = parts.begin(part); row < parts.end(part); row++)
          backward(D, data<T>(dy) + row * D, data<float>(x) + row * D, data<float>(gamma), data<float>(mean)[row],
                   data<float>(inverse)[row], data<float>(dx) + row * D, sums);
      });
    });
    addParts(partial, parts.count, 2 * D, D, data<float>(dGamma));
    addParts(partial + D, parts.count, 2 * D, D, data<float>(dBeta));
  }

 private:
  template <class T>
  static void backward(int64_t D, const T* dy, const float* x, const float* gamma, float mean, float inverse, float* dx, float* sums) {
    F total = all(0.f), along = all(0.f);
    for (int64_t c = 0; c < D; c += lanes) {
      const int64_t n = D - c;
      const F g = loadFirst(dy + c, n), hat = (loadFirst(x + c, n) - mean) * inverse, dHat = g * loadFirst(gamma + c, n);
      total += dHat;
      along += dHat * hat;
      storeFirst(sums + c, loadFirst(sums + c, n) + g * hat, n);
      storeFirst(sums + D + c, loadFirst(sums + D + c, n) + g, n);
    }
    const float first = sum(total) / D, second = sum(along) / D;
    for (int64_t c = 0; c < D; c += lanes) {
      const int64_t n = D - c;
      const F hat = (loadFirst(x + c, n) - mean) * inverse;
      storeFirst(dx + c, (loadFirst(dy + c, n) * loadFirst(gamma + c, n) - first - hat * second) * inverse, n);
    }
  }
};

static void defineLayerNorm(std::string& failure) {
  define<LayerNorm>({"UnlabelLayerNorm",
                     {"T: {float, bfloat16}", "epsilon: float"},
                     {"x: float", "gamma: float", "beta: float"},
                     {"y: T", "mean: float", "inverse: float"},
                     {0, -1, -1}},
                    failure);
  define<LayerNormGradient>({"UnlabelLayerNormGradient",
                             {"T: {float, bfloat16}"},
                             {"dy: T", "x: float", "gamma: float", "mean: float", "inverse: float"},
                             {"dx: float", "d_gamma: float", "d_beta: float"},
                             {1, 2, 2}},
                            failure);
}

}  // namespace LEVEL
}  // namespace unlabel
