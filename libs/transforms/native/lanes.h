// Vectors of float32, as wide as this level has.
#pragma once
#include <cstring>

#define INLINE static inline __attribute__((always_inline))

namespace unlabel {
namespace LEVEL {

#ifdef __AVX512F__
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
typedef float Vector __attribute__((vector_size(4 * lanes)));

INLINE Vector load(const float* from) {
  Vector values;
  memcpy(&values, from, sizeof values);
  return values;
}
INLINE void store(float* to, Vector values) { memcpy(to, &values, sizeof values); }

}  // namespace LEVEL
}  // namespace unlabel
