// Update rules of optimisers, a parameter at a time in one pass, and the norm of a gradient: libs/optim has the equations.
#pragma once
#include "column-sums.h"

namespace unlabel {
namespace LEVEL {

/** SGD with momentum: g ← g + λ θ, b ← μ b + g, θ ← θ − η (nesterov ? g + μ b : b). */
class MomentumUpdate {
 public:
  explicit MomentumUpdate(TF_OpKernelConstruction* made)
      : momentum_(floatAttribute(made, "momentum")), decay_(floatAttribute(made, "decay")), nesterov_(boolAttribute(made, "nesterov")) {}

  void run(Call& call) {
    TF_Tensor *parameter = call.input(0), *gradient = call.input(1), *buffer = call.input(2), *rate = call.input(3);
    if (!call.ok()) return;
    if (size(gradient) != size(parameter) || size(buffer) != size(parameter) || size(rate) != 1)
      return call.refuse("UnlabelMomentum: gradient and buffer must have the shape of the parameter");
    TF_Tensor *nextParameter = call.outputLike(0, parameter), *nextBuffer = call.outputLike(1, parameter);
    if (!call.ok()) return;
    const float *p = data<float>(parameter), *g = data<float>(gradient), *b = data<float>(buffer);
    float *pOut = data<float>(nextParameter), *bOut = data<float>(nextBuffer);
    const float eta = *data<float>(rate);
    stretches(size(parameter), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += lanes) {
        const int64_t n = end - i;
        const F old = loadFirst(p + i, n);
        F decayed = loadFirst(g + i, n);
        if (decay_ != 0) decayed += old * decay_;  // not 0 · ∞
        const F next = loadFirst(b + i, n) * momentum_ + decayed;
        storeFirst(bOut + i, next, n);
        storeFirst(pOut + i, old - (nesterov_ ? decayed + next * momentum_ : next) * eta, n);
      }
    });
  }

 private:
  float momentum_, decay_;
  bool nesterov_;
};

/** Adam, its decay added to the gradient or, decoupled, taken off the parameter. */
class AdamUpdate {
 public:
  explicit AdamUpdate(TF_OpKernelConstruction* made)
      : beta1_(floatAttribute(made, "beta1")), beta2_(floatAttribute(made, "beta2")), rest1_(floatAttribute(made, "rest1")),
        rest2_(floatAttribute(made, "rest2")), epsilon_(floatAttribute(made, "epsilon")), decay_(floatAttribute(made, "decay")),
        decoupled_(boolAttribute(made, "decoupled")) {}

  void run(Call& call) {
    TF_Tensor *parameter = call.input(0), *gradient = call.input(1), *first = call.input(2), *second = call.input(3);
    TF_Tensor *rate = call.input(4), *firstCorrection = call.input(5), *secondRoot = call.input(6);
    if (!call.ok()) return;
    const int64_t n = size(parameter);
    if (size(gradient) != n || size(first) != n || size(second) != n || size(rate) != 1 || size(firstCorrection) != 1 || size(secondRoot) != 1)
      return call.refuse("UnlabelAdam: gradient and slots must have the shape of the parameter");
    TF_Tensor *nextParameter = call.outputLike(0, parameter), *nextFirst = call.outputLike(1, parameter),
              *nextSecond = call.outputLike(2, parameter);
    if (!call.ok()) return;
    const float *p = data<float>(parameter), *g = data<float>(gradient), *m = data<float>(first), *v = data<float>(second);
    float *pOut = data<float>(nextParameter), *mOut = data<float>(nextFirst), *vOut = data<float>(nextSecond);
    const float eta = *data<float>(rate), correction = *data<float>(firstCorrection), root = *data<float>(secondRoot);
    stretches(n, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += lanes) {
        const int64_t k = end - i;
        F old = loadFirst(p + i, k), slope = loadFirst(g + i, k);
        if (decay_ != 0) {  // not 0 · ∞
          if (decoupled_) old -= old * (eta * decay_);
          else slope += old * decay_;
        }
        const F mNext = loadFirst(m + i, k) * beta1_ + slope * rest1_;
        const F vNext = loadFirst(v + i, k) * beta2_ + slope * slope * rest2_;
        F spread = vNext;
        for (int lane = 0; lane < lanes; lane++) spread[lane] = std::sqrt(vNext[lane]);
        storeFirst(mOut + i, mNext, k);
        storeFirst(vOut + i, vNext, k);
        storeFirst(pOut + i, old - (mNext / correction) / (spread / root + epsilon_) * eta, k);
      }
    });
  }

 private:
  float beta1_, beta2_, rest1_, rest2_, epsilon_, decay_;
  bool decoupled_;
};

/** Σ x², of stretches in float32, joined in double. */
class SumOfSquares {
 public:
  explicit SumOfSquares(TF_OpKernelConstruction*) {}

  void run(Call& call) {
    TF_Tensor* x = call.input(0);
    if (!call.ok()) return;
    TF_Tensor* out = call.output(0, TF_FLOAT, {});
    const int64_t parts = (size(x) + stretchSize - 1) / stretchSize;
    float* partial = call.scratch<float>(std::max<int64_t>(parts, 1));
    if (!call.ok()) return;
    const float* in = data<float>(x);
    stretches(size(x), [&](int64_t begin, int64_t end) {
      F total = all(0.f), other = all(0.f);
      int64_t i = begin;
      for (; i + 2 * lanes <= end; i += 2 * lanes) {
        const F a = load(in + i), b = load(in + i + lanes);
        total += a * a;
        other += b * b;
      }
      for (; i < end; i += lanes) {
        const F a = loadFirst(in + i, end - i);
        total += a * a;
      }
      partial[begin / stretchSize] = sum(total + other);
    });
    double total = 0;
    for (int64_t part = 0; part < parts; part++) total += partial[part];
    *data<float>(out) = (float)total;
  }
};

static void defineOptimisers(std::string& failure) {
  define<MomentumUpdate>({"UnlabelMomentum",
                          {"momentum: float", "decay: float", "nesterov: bool"},
                          {"parameter: float", "gradient: float", "buffer: float", "learning_rate: float"},
                          {"next_parameter: float", "next_buffer: float"},
                          {0, 0}},
                         failure);
  define<AdamUpdate>({"UnlabelAdam",
                      {"beta1: float", "beta2: float", "rest1: float", "rest2: float", "epsilon: float", "decay: float", "decoupled: bool"},
                      {"parameter: float", "gradient: float", "m: float", "v: float", "learning_rate: float", "first_correction: float",
                       "second_correction_root: float"},
                      {"next_parameter: float", "next_m: float", "next_v: float"},
                      {0, 0, 0}},
                     failure);
  define<SumOfSquares>({"UnlabelSumOfSquares", {}, {"x: float"}, {"sum: float"}, {-1}}, failure);
}

}  // namespace LEVEL
}  // namespace unlabel
