// Batch norm in training, with ReLU and a residual or without: libs/tensor/src/batch-norm-train.ts has the equations.
#pragma once
#include "column-sums.h"

namespace unlabel {
namespace LEVEL {

/**
 * The maps as a matrix whose rows hold `fold` pixels, so that few channels fill the vector units as well. The last row may be
 * short.
 */
struct Maps {
  int64_t channels, size, fold, width, rows;
  Maps(int64_t size, int64_t channels)
      : channels(channels), size(size), fold(channels >= 64 ? 1 : std::max<int64_t>(1, 64 / channels)), width(channels * fold),
        rows((size + width - 1) / width) {}
  int64_t columns(int64_t row) const { return std::min(width, size - row * width); }
  /** Rows of [begin, end) that have the column. */
  int64_t count(int64_t begin, int64_t end, int64_t column) const {
    return end - begin - (end == rows && end > begin && column >= columns(end - 1) ? 1 : 0);
  }
  /** Per-channel numbers, repeated for each pixel of a row and up to whole vectors. */
  template <class Of>
  std::vector<float> repeat(Of of) const {
    std::vector<float> out((width + lanes - 1) / lanes * lanes);
    for (int64_t i = 0; i < width; i++) out[i] = of(i % channels);
    return out;
  }

  /**
   * Goes through the rows [begin, end) by columns: `body` is called with a kernel for 4, 1 or a part of a vector of columns.
   * `Body::columns<V, Part>(c, n, from, to)`: V vectors from column c, of which n numbers exist, in the rows [from, to).
   */
  template <class Body>
  void byColumns(int64_t begin, int64_t end, Body& body) const {
    const bool isShort = end == rows && end > begin && columns(rows - 1) < width;
    const int64_t whole = isShort ? end - 1 : end;
    int64_t c = 0;
    for (; c + 4 * lanes <= width; c += 4 * lanes) body.template columns<4, false>(c, 4 * lanes, begin, whole);
    for (; c + lanes <= width; c += lanes) body.template columns<1, false>(c, lanes, begin, whole);
    if (c < width) body.template columns<1, true>(c, width - c, begin, whole);
    if (isShort)
      for (int64_t k = 0; k < columns(end - 1); k += lanes)
        body.template columns<1, true>(k, std::min<int64_t>(lanes, columns(end - 1) - k), whole, end);
  }
};

template <bool Part, class T>
INLINE F take(const T* p, int64_t n) {
  return Part ? loadFirst(p, n) : load(p);
}
template <bool Part, class T>
INLINE void put(T* p, F x, int64_t n) {
  if (Part) storeFirst(p, x, n);
  else store(p, x);
}

/** sums[c] += Σ rows of x. */
template <class T>
struct AddUp {
  const T* x;
  int64_t width;
  float* sums;
  template <int V, bool Part>
  void columns(int64_t c, int64_t n, int64_t from, int64_t to) {
    F total[V];
    for (int v = 0; v < V; v++) total[v] = take<Part>(sums + c + v * lanes, n);
    for (int64_t row = from; row < to; row++)
      for (int v = 0; v < V; v++) total[v] += take<Part>(x + row * width + c + v * lanes, n);
    for (int v = 0; v < V; v++) put<Part>(sums + c + v * lanes, total[v], n);
  }
};

/** squares[c] += Σ rows of (x − centre)². */
template <class T>
struct AddSquares {
  const T* x;
  int64_t width;
  const float* centre;
  float* squares;
  template <int V, bool Part>
  void columns(int64_t c, int64_t n, int64_t from, int64_t to) {
    F total[V], mu[V];
    for (int v = 0; v < V; v++) {
      total[v] = take<Part>(squares + c + v * lanes, n);
      mu[v] = take<Part>(centre + c + v * lanes, n);
    }
    for (int64_t row = from; row < to; row++)
      for (int v = 0; v < V; v++) {
        const F away = take<Part>(x + row * width + c + v * lanes, n) - mu[v];
        total[v] += away * away;
      }
    for (int v = 0; v < V; v++) put<Part>(squares + c + v * lanes, total[v], n);
  }
};

/** Batch statistics of each channel: parts in float32, two passes each while they are in cache, joined in double (Chan et al. 1979). */
template <class T>
void statistics(const Maps& maps, const T* x, float* partial, const Parts& parts, float* mean, float* variance) {
  const int64_t W = maps.width, C = maps.channels;
  parallel(parts.count, [&](int64_t part) {
    float *mu = partial + 2 * W * part, *squares = mu + W;
    const int64_t begin = parts.begin(part), end = parts.end(part);
    memset(mu, 0, 2 * W * sizeof(float));
    AddUp<T> addUp{x, W, mu};
    maps.byColumns(begin, end, addUp);
    for (int64_t c = 0; c < W; c++) {
      const int64_t count = maps.count(begin, end, c);
      mu[c] = count ? mu[c] / count : 0.f;
    }
    AddSquares<T> addSquares{x, W, mu, squares};
    maps.byColumns(begin, end, addSquares);
  });
  for (int64_t c = 0; c < C; c++) {
    double count = 0, mu = 0, squares = 0;
    for (int64_t part = 0; part < parts.count; part++)
      for (int64_t k = c; k < W; k += C) {
        const double more = (double)maps.count(parts.begin(part), parts.end(part), k);
        if (more == 0) continue;
        const double delta = partial[2 * W * part + k] - mu;
        squares += partial[2 * W * part + W + k] + delta * delta * count * more / (count + more);
        mu += delta * more / (count + more);
        count += more;
      }
    mean[c] = (float)mu;
    variance[c] = (float)(squares / count);
  }
}

/** What a batch norm does to the values of each column; the same in both directions, so that ReLU lets through the same ones. */
struct Affine {
  std::vector<float> mean, scale, shift;
  Affine(const Maps& maps, const float* mu, const float* variance, const float* gamma, const float* beta, float epsilon)
      : mean(maps.repeat([&](int64_t c) { return mu[c]; })),
        scale(maps.repeat([&](int64_t c) { return gamma[c] / std::sqrt(variance[c] + epsilon); })),
        shift(maps.repeat([&](int64_t c) { return beta[c]; })) {}
};

/** Its numbers for V vectors of columns from c on, in registers. */
template <int V>
struct AffineOf {
  F mean[V], scale[V], shift[V];
  AffineOf(const Affine& of, int64_t c) {
    for (int v = 0; v < V; v++) {
      const int64_t k = c + v * lanes;
      mean[v] = load(&of.mean[0] + k), scale[v] = load(&of.scale[0] + k), shift[v] = load(&of.shift[0] + k);
    }
  }
  F operator()(F x, int v) const { return (x - mean[v]) * scale[v] + shift[v]; }
};

/** y = relu(norm(x) + residual). */
template <class T>
struct Normalise {
  const T *x, *residual;
  T* y;
  int64_t width;
  bool relu;
  const Affine& affine;
  template <int V, bool Part>
  void columns(int64_t c, int64_t n, int64_t from, int64_t to) {
    const AffineOf<V> norm(affine, c);
    for (int64_t row = from; row < to; row++)
      for (int v = 0; v < V; v++) {
        const int64_t i = row * width + c + v * lanes;
        F value = norm(take<Part>(x + i, n), v);
        if (residual) value += take<Part>(residual + i, n);
        if (relu) value = choose(value < 0.f, all(0.f), value);  // NaN stays NaN
        put<Part>(y + i, value, n);
      }
  }
};

class BatchNorm {
 public:
  explicit BatchNorm(TF_OpKernelConstruction* made)
      : epsilon_(floatAttribute(made, "epsilon")), relu_(boolAttribute(made, "relu")), residual_(boolAttribute(made, "add_residual")) {}

  void run(Call& call) {
    TF_Tensor *x = call.input(0), *gamma = call.input(1), *beta = call.input(2);
    TF_Tensor* residual = residual_ ? call.input(3) : nullptr;
    if (!call.ok()) return;
    const int64_t C = lastSide(x);
    if (size(gamma) != C || size(beta) != C || (residual && size(residual) != size(x)) || size(x) == 0)
      return call.refuse("UnlabelBatchNorm: gamma and beta must be as long as x has channels, a residual must have its shape");
    TF_Tensor* y = call.outputLike(0, x);
    TF_Tensor* mean = call.output(1, TF_FLOAT, {C});
    TF_Tensor* variance = call.output(2, TF_FLOAT, {C});
    const Maps maps(size(x), C);
    const Parts parts(maps.rows, maps.width);
    float* partial = call.scratch<float>(2 * maps.width * parts.count);
    if (!call.ok()) return;
    withType(TF_TensorType(x), [&](auto t) {
      using T = decltype(t);
      const float *mu = data<float>(mean), *var = data<float>(variance), *g = data<float>(gamma), *b = data<float>(beta);
      statistics(maps, data<T>(x), partial, parts, data<float>(mean), data<float>(variance));
      const Affine affine(maps, mu, var, g, b, epsilon_);
      Normalise<T> normalise{data<T>(x), data<T>(residual), data<T>(y), maps.width, relu_, affine};
      parallel(parts.count, [&](int64_t part) { maps.byColumns(parts.begin(part), parts.end(part), normalise); });
    });
  }

 private:
  float epsilon_;
  bool relu_;
  bool residual_;
};

/** What reaches the norm of a gradient: all of it, or what ReLU lets through, by its result or by its input. */
enum class Gate { none, result, input };

template <class T>
struct GatedGradient {
  const T *dy, *x, *y;
  Gate gate;
  template <bool Part>
  INLINE F take(const GatedGradient& of, int64_t i, int64_t n, F value) {
    const F g = LEVEL::take<Part>(of.dy + i, n);
    if (of.gate == Gate::none) return g;
    return choose((of.gate == Gate::result ? LEVEL::take<Part>(of.y + i, n) : value) > 0.f, g, all(0.f));
  }
};

/** first[c] += Σ g, second[c] += Σ g (x − mean); g is kept in `masked` where that is asked for. */
template <class T>
struct GradientSums {
  GatedGradient<T> of;
  T* masked;
  int64_t width;
  const Affine& affine;
  float *first, *second;
  template <int V, bool Part>
  void columns(int64_t c, int64_t n, int64_t from, int64_t to) {
    const AffineOf<V> norm(affine, c);
    F gradients[V], along[V];
    for (int v = 0; v < V; v++) {
      const int64_t k = c + v * lanes;
      gradients[v] = take<Part>(first + k, n), along[v] = take<Part>(second + k, n);
    }
    for (int64_t row = from; row < to; row++)
      for (int v = 0; v < V; v++) {
        const int64_t i = row * width + c + v * lanes;
        const F value = take<Part>(of.x + i, n), g = GatedGradient<T>::template take<Part>(of, i, n, norm(value, v));
        if (masked) put<Part>(masked + i, g, n);
        gradients[v] += g;
        along[v] += g * (value - norm.mean[v]);
      }
    for (int v = 0; v < V; v++) put<Part>(first + c + v * lanes, gradients[v], n), put<Part>(second + c + v * lanes, along[v], n);
  }
};

/** dx = scale (g − mean g − (x − mean) slope). */
template <class T>
struct GradientOfInput {
  GatedGradient<T> of;
  T* dx;
  int64_t width;
  const Affine& affine;
  std::vector<float> average, slope;
  template <int V, bool Part>
  void columns(int64_t c, int64_t n, int64_t from, int64_t to) {
    const AffineOf<V> norm(affine, c);
    F m[V], s[V];
    for (int v = 0; v < V; v++) {
      const int64_t k = c + v * lanes;
      m[v] = load(&average[0] + k), s[v] = load(&slope[0] + k);
    }
    for (int64_t row = from; row < to; row++)
      for (int v = 0; v < V; v++) {
        const int64_t i = row * width + c + v * lanes;
        const F value = take<Part>(of.x + i, n), g = GatedGradient<T>::template take<Part>(of, i, n, norm(value, v));
        put<Part>(dx + i, (g - m[v] - (value - norm.mean[v]) * s[v]) * norm.scale[v], n);
      }
  }
};

/** With g = dy where y > 0 (or dy): dx = γ inv (g − mean g − x̂ mean(g x̂)), dγ = Σ g x̂, dβ = Σ g; g is the residual's gradient. */
class BatchNormGradient {
 public:
  explicit BatchNormGradient(TF_OpKernelConstruction* made)
      : epsilon_(floatAttribute(made, "epsilon")), relu_(boolAttribute(made, "relu")), residual_(boolAttribute(made, "add_residual")) {}

  void run(Call& call) {
    TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2);
    TF_Tensor *gamma = call.input(3), *beta = call.input(4), *mean = call.input(5), *variance = call.input(6);
    if (!call.ok()) return;
    const int64_t C = lastSide(x);
    if (size(dy) != size(x) || size(gamma) != C || size(beta) != C || (relu_ && residual_ && size(y) != size(x)) || size(x) == 0)
      return call.refuse("UnlabelBatchNormGradient: dy and y must have the shape of x, gamma and beta its channels");
    TF_Tensor* dx = call.outputLike(0, x);
    TF_Tensor* dGamma = call.output(1, TF_FLOAT, {C});
    TF_Tensor* dBeta = call.output(2, TF_FLOAT, {C});
    TF_Tensor* masked = residual_ ? call.outputLike(3, x) : nullptr;
    if (!residual_) call.output(3, TF_TensorType(x), {0});
    const Maps maps(size(x), C);
    const Parts parts(maps.rows, maps.width);
    float* partial = call.scratch<float>(2 * maps.width * parts.count);
    if (!call.ok()) return;
    const float *mu = data<float>(mean), *var = data<float>(variance), *g = data<float>(gamma), *b = data<float>(beta);
    const Affine affine(maps, mu, var, g, b, epsilon_);
    withType(TF_TensorType(x), [&](auto t) {
      using T = decltype(t);
      const Gate gate = !relu_ ? Gate::none : residual_ ? Gate::result : Gate::input;
      const GatedGradient<T> given{data<T>(dy), data<T>(x), data<T>(y), gate};
      const int64_t W = maps.width;
      parallel(parts.count, [&](int64_t part) {
        float* first = partial + 2 * W * part;
        memset(first, 0, 2 * W * sizeof(float));
        GradientSums<T> sums{given, data<T>(masked), W, affine, first, first + W};
        maps.byColumns(parts.begin(part), parts.end(part), sums);
      });
      join(maps, parts, partial, var, data<float>(dGamma), data<float>(dBeta));
      const float *dg = data<float>(dGamma), *db = data<float>(dBeta), count = (float)(maps.size / C);
      const GatedGradient<T> kept{data<T>(masked), data<T>(x), nullptr, Gate::none};
      GradientOfInput<T> apply{masked ? kept : given, data<T>(dx), W, affine,
                               maps.repeat([&](int64_t c) { return db[c] / count; }),
                               maps.repeat([&](int64_t c) { return dg[c] / count / std::sqrt(var[c] + epsilon_); })};
      parallel(parts.count, [&](int64_t part) { maps.byColumns(parts.begin(part), parts.end(part), apply); });
    });
  }

 private:
  void join(const Maps& maps, const Parts& parts, const float* partial, const float* variance, float* dGamma, float* dBeta) const {
    const int64_t W = maps.width, C = maps.channels;
    for (int64_t c = 0; c < C; c++) {
      double first = 0, second = 0;
      for (int64_t part = 0; part < parts.count; part++)
        for (int64_t k = c; k < W; k += C) {
          first += partial[2 * W * part + k];
          second += partial[2 * W * part + W + k];
        }
      dBeta[c] = (float)first;
      dGamma[c] = (float)(second / std::sqrt((double)variance[c] + epsilon_));
    }
  }

  float epsilon_;
  bool relu_;
  bool residual_;
};

static void defineBatchNorm(std::string& failure) {
  const std::vector<const char*> attributes = {"T: {float, bfloat16}", "epsilon: float", "relu: bool", "add_residual: bool"};
  define<BatchNorm>({"UnlabelBatchNorm",
                     attributes,
                     {"x: T", "gamma: float", "beta: float", "residual: T"},
                     {"y: T", "mean: float", "variance: float"},
                     {0, 1, 1}},
                    failure);
  define<BatchNormGradient>({"UnlabelBatchNormGradient",
                             attributes,
                             {"dy: T", "x: T", "y: T", "gamma: float", "beta: float", "mean: float", "variance: float"},
                             {"dx: T", "d_gamma: float", "d_beta: float", "d_residual: T"},
                             {1, 3, 3, -1}},
                            failure);
}

}  // namespace LEVEL
}  // namespace unlabel
