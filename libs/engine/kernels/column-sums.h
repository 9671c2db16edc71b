// Sums over the rows of a matrix, in an order that depends on its shape alone.
#pragma once
#include <algorithm>
#include <vector>

#include "lanes.h"
#include "parallel.h"

namespace unlabel {
namespace LEVEL {

/** Rows cut into parts: few enough to add up their sums, many enough for every core. */
struct Parts {
  int64_t rows, each, count;
  explicit Parts(int64_t rows, int64_t columns, int64_t most = 64) : rows(rows) {
    const int64_t fits = std::max<int64_t>(1, 16384 / std::max<int64_t>(columns, 1));  // 64 KB of floats
    each = std::max({fits, (rows + most - 1) / most, (int64_t)1});
    count = (rows + each - 1) / each;
  }
  int64_t begin(int64_t part) const { return part * each; }
  int64_t end(int64_t part) const { return std::min(rows, (part + 1) * each); }
};

/** out[c] = Σ over parts of partial[part][c], first to last. */
INLINE void addParts(const float* partial, int64_t parts, int64_t stride, int64_t columns, float* out) {
  for (int64_t c = 0; c < columns; c += lanes) {
    const int64_t n = columns - c;
    F total = all(0.f);
    for (int64_t part = 0; part < parts; part++) total += loadFirst(partial + part * stride + c, n);
    storeFirst(out + c, total, n);
  }
}

/** Numbers in one part of an elementwise operation. */
constexpr int64_t stretchSize = 1 << 15;

/** Calls `part(begin, end)` for stretches of [0, size) that do not depend on the number of threads. */
template <class Part>
void stretches(int64_t size, const Part& part) {
  parallel((size + stretchSize - 1) / stretchSize,
           [&](int64_t i) { part(i * stretchSize, std::min(size, (i + 1) * stretchSize)); });
}

}  // namespace LEVEL
}  // namespace unlabel
