// Multi-head self-attention of short sequences, from queries, keys and values that lie side by side as one product gives them, to
// the heads' results side by side: no transposition, and the weights are never stored.
//
//     P = softmax(scale · Q Kᵀ),  O = P V
//     dV = Pᵀ dO,  dS = scale · P (dP − Σ dP P),  dP = dO Vᵀ,  dQ = dS K,  dK = dSᵀ Q
#pragma once
#include "column-sums.h"

namespace unlabel {
namespace LEVEL {

INLINE int64_t padded(int64_t n) { return (n + lanes - 1) / lanes * lanes; }

/** R rows by V vectors of a product: c[r][v] = Σ_k a[r · aRow + k · aStep] · b[k · bRow + v]. */
template <int R, int V>
static void block(const float* a, int64_t aRow, int64_t aStep, const float* b, int64_t bRow, int64_t K, float* c, int64_t cRow) {
  F total[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) total[r][v] = all(0.f);
  for (int64_t k = 0; k < K; k++) {
    F row[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) row[v] = load(b + k * bRow + v * lanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      const F value = all(a[r * aRow + k * aStep]);
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) total[r][v] += value * row[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) store(c + r * cRow + v * lanes, total[r][v]);
}

template <int V>
static void blocks(const float* a, int64_t aRow, int64_t aStep, const float* b, int64_t bRow, int64_t M, int64_t K, float* c, int64_t cRow) {
  constexpr int most = V <= 2 ? 8 : 4;
  int64_t m = 0;
  for (; m + most <= M; m += most) block<most, V>(a + m * aRow, aRow, aStep, b, bRow, K, c + m * cRow, cRow);
  for (; m < M; m++) block<1, V>(a + m * aRow, aRow, aStep, b, bRow, K, c + m * cRow, cRow);
}

/** c [M, N] = a [M, K] b [K, N] with N a multiple of 16; a is read by strides, so that it may be the transpose of what it lies as. */
static void multiply(const float* a, int64_t aRow, int64_t aStep, const float* b, int64_t bRow, int64_t M, int64_t K, int64_t N, float* c,
                     int64_t cRow) {
  for (int64_t n = 0; n < N; n += 4 * lanes) {
    const int64_t vectors = std::min<int64_t>(4, (N - n) / lanes);
    if (vectors == 4) blocks<4>(a, aRow, aStep, b + n, bRow, M, K, c + n, cRow);
    else if (vectors == 3) blocks<3>(a, aRow, aStep, b + n, bRow, M, K, c + n, cRow);
    else if (vectors == 2) blocks<2>(a, aRow, aStep, b + n, bRow, M, K, c + n, cRow);
    else blocks<1>(a, aRow, aStep, b + n, bRow, M, K, c + n, cRow);
  }
}

/** The sizes of one head: L places of d numbers, and both up to whole vectors. */
struct Head {
  int64_t L, d, places, width;
  Head(int64_t L, int64_t d) : L(L), d(d), places(padded(L)), width(padded(d)) {}
  int64_t rowsSize() const { return places * width; }
  int64_t weightsSize() const { return places * places; }
};

/** rows [L, width] of a head, from where its numbers lie `stride` apart; zeros beyond d. */
template <class T>
void takeRows(const Head& head, const T* from, int64_t stride, float* rows) {
  for (int64_t l = 0; l < head.L; l++)
    for (int64_t c = 0; c < head.width; c += lanes) store(rows + l * head.width + c, loadFirst(from + l * stride + c, std::max<int64_t>(head.d - c, 0)));
}

/** [d, places] of rows [L, width]; zeros beyond L. */
static void transpose(const Head& head, const float* rows, float* columns) {
  for (int64_t c = 0; c < head.d; c++)
    for (int64_t l = 0; l < head.places; l++) columns[c * head.places + l] = l < head.L ? rows[l * head.width + c] : 0.f;
}

/** Rows of scores become weights, zeros beyond L. */
static void weigh(const Head& head, float scale, float* scores) {
  for (int64_t row = 0; row < head.L; row++) {
    float* s = scores + row * head.places;
    for (int64_t l = head.L; l < head.places; l++) s[l] = -INFINITY;
    F most = all(-INFINITY), total = all(0.f);
    for (int64_t l = 0; l < head.places; l += lanes) most = larger(most, load(s + l));
    const float top = largest(most);
    for (int64_t l = 0; l < head.places; l += lanes) {
      const F e = exponential((load(s + l) - top) * scale);
      store(s + l, e);
      total += e;
    }
    const float inverse = 1.f / sum(total);
    for (int64_t l = 0; l < head.places; l += lanes) store(s + l, load(s + l) * inverse);
  }
}

/** Where heads lie: qkv [N, L, 3, heads, d], results [N, L, heads, d]. */
struct Heads {
  int64_t images, L, heads, d;
  int64_t rowOfQkv() const { return 3 * heads * d; }
  int64_t rowOfResult() const { return heads * d; }
};

/** Calls `body(image, head)` for all, in parts; `body` is made anew for each part, so that it can hold memory of its own. */
template <class Make>
void eachHead(const Heads& of, const Make& make) {
  const int64_t all = of.images * of.heads, each = std::max<int64_t>(1, (all + 127) / 128);
  parallel((all + each - 1) / each, [&](int64_t part) {
    auto body = make();
    for (int64_t i = part * each; i < std::min(all, (part + 1) * each); i++) body(i / of.heads, i % of.heads);
  });
}

class Attention {
 public:
  explicit Attention(TF_OpKernelConstruction* made) : heads_(intAttribute(made, "heads")), scale_(floatAttribute(made, "scale")) {}

  void run(Call& call) {
    TF_Tensor* qkv = call.input(0);
    if (!call.ok()) return;
    if (TF_NumDims(qkv) != 3 || TF_Dim(qkv, 2) % (3 * heads_) != 0) return call.refuse("UnlabelAttention: qkv must be [N, L, 3 · heads · d]");
    const Heads of{TF_Dim(qkv, 0), TF_Dim(qkv, 1), heads_, TF_Dim(qkv, 2) / (3 * heads_)};
    TF_Tensor* out = call.output(0, TF_TensorType(qkv), {of.images, of.L, of.rowOfResult()});
    if (!call.ok()) return;
    withType(TF_TensorType(qkv), [&](auto t) {
      using T = decltype(t);
      forward(of, data<T>(qkv), data<T>(out));
    });
  }

 private:
  template <class T>
  void forward(const Heads& of, const T* qkv, T* out) const {
    const Head head(of.L, of.d);
    eachHead(of, [&] {
      std::vector<float> memory(4 * head.rowsSize() + head.places * head.width + head.weightsSize());
      return [&, memory = std::move(memory)](int64_t image, int64_t h) mutable {
        float *q = memory.data(), *k = q + head.rowsSize(), *v = k + head.rowsSize(), *o = v + head.rowsSize();
        float *kT = o + head.rowsSize(), *p = kT + head.places * head.width;
        const T* from = qkv + image * of.L * of.rowOfQkv() + h * of.d;
        takeRows(head, from, of.rowOfQkv(), q);
        takeRows(head, from + of.rowOfResult(), of.rowOfQkv(), k);
        takeRows(head, from + 2 * of.rowOfResult(), of.rowOfQkv(), v);
        transpose(head, k, kT);
        multiply(q, head.width, 1, kT, head.places, head.L, head.d, head.places, p, head.places);
        weigh(head, scale_, p);
        multiply(p, head.places, 1, v, head.width, head.L, head.L, head.width, o, head.width);
        T* to = out + image * of.L * of.rowOfResult() + h * of.d;
        for (int64_t l = 0; l < of.L; l++)
          for (int64_t c = 0; c < of.d; c += lanes) storeFirst(to + l * of.rowOfResult() + c, load(o + l * head.width + c), of.d - c);
      };
    });
  }

  int64_t heads_;
  float scale_;
};

/** The weights are computed again. */
class AttentionGradient {
 public:
  explicit AttentionGradient(TF_OpKernelConstruction* made) : heads_(intAttribute(made, "heads")), scale_(floatAttribute(made, "scale")) {}

  void run(Call& call) {
    TF_Tensor *dy = call.input(0), *qkv = call.input(1);
    if (!call.ok()) return;
    if (TF_NumDims(qkv) != 3 || TF_Dim(qkv, 2) % (3 * heads_) != 0 || 3 * size(dy) != size(qkv))
      return call.refuse("UnlabelAttentionGradient: qkv must be [N, L, 3 · heads · d], dy [N, L, heads · d]");
    const Heads of{TF_Dim(qkv, 0), TF_Dim(qkv, 1), heads_, TF_Dim(qkv, 2) / (3 * heads_)};
    TF_Tensor* dQkv = call.outputLike(0, qkv);
    if (!call.ok()) return;
    withType(TF_TensorType(qkv), [&](auto t) {
      using T = decltype(t);
      backward(of, data<T>(dy), data<T>(qkv), data<T>(dQkv));
    });
  }

 private:
  template <class T>
  void backward(const Heads& of, const T* dy, const T* qkv, T* dQkv) const {
    const Head head(of.L, of.d);
    const int64_t rows = head.rowsSize(), weights = head.weightsSize();
    eachHead(of, [&] {
      std::vector<float> memory(6 * rows + 2 * weights);
      return [&, memory = std::move(memory)](int64_t image, int64_t h) mutable {
        float *q = memory.data(), *k = q + rows, *v = k + rows, *g = v + rows, *columns = g + rows, *made = columns + rows;
        float *p = made + rows, *ds = p + weights;
        const int64_t at = image * of.L * of.rowOfQkv() + h * of.d;
        takeRows(head, qkv + at, of.rowOfQkv(), q);
        takeRows(head, qkv + at + of.rowOfResult(), of.rowOfQkv(), k);
        takeRows(head, qkv + at + 2 * of.rowOfResult(), of.rowOfQkv(), v);
        takeRows(head, dy + image * of.L * of.rowOfResult() + h * of.d, of.rowOfResult(), g);
        transpose(head, k, columns);
        multiply(q, head.width, 1, columns, head.places, head.L, head.d, head.places, p, head.places);
        weigh(head, scale_, p);
        transpose(head, v, columns);
        multiply(g, head.width, 1, columns, head.places, head.L, head.d, head.places, ds, head.places);
        differentiate(head, p, ds);
        const auto give = [&](int64_t which) {
          T* to = dQkv + at + which * of.rowOfResult();
          for (int64_t l = 0; l < of.L; l++)
            for (int64_t c = 0; c < of.d; c += lanes) storeFirst(to + l * of.rowOfQkv() + c, load(made + l * head.width + c), of.d - c);
        };
        multiply(ds, head.places, 1, k, head.width, head.L, head.L, head.width, made, head.width);
        give(0);
        multiply(ds, 1, head.places, q, head.width, head.L, head.L, head.width, made, head.width);
        give(1);
        multiply(p, 1, head.places, g, head.width, head.L, head.L, head.width, made, head.width);
        give(2);
      };
    });
  }

  /** ds = scale · p (ds − Σ ds p), row by row. */
  void differentiate(const Head& head, const float* p, float* ds) const {
    for (int64_t row = 0; row < head.L; row++) {
      F along = all(0.f);
      for (int64_t l = 0; l < head.places; l += lanes) along += load(p + row * head.places + l) * load(ds + row * head.places + l);
      const float mean = sum(along);
      for (int64_t l = 0; l < head.places; l += lanes) {
        const int64_t i = row * head.places + l;
        store(ds + i, load(p + i) * (load(ds + i) - mean) * scale_);
      }
    }
  }

  int64_t heads_;
  float scale_;
};

static void defineAttention(std::string& failure) {
  const std::vector<const char*> attributes = {"T: {float, bfloat16}", "heads: int >= 1", "scale: float"};
  define<Attention>({"UnlabelAttention", attributes, {"qkv: T"}, {"y: T"}, {-1}}, failure);
  define<AttentionGradient>({"UnlabelAttentionGradient", attributes, {"dy: T", "qkv: T"}, {"d_qkv: T"}, {1}}, failure);
}

}  // namespace LEVEL
}  // namespace unlabel
