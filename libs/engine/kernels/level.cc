// All kernels, for one level of vector instructions: compiled once for each, with LEVEL as its name.
#include "attention.h"
#include "batch-norm.h"
#include "bias.h"
#include "conv-filter-gradient.h"
#include "layer-norm.h"
#include "optimisers.h"
#include "sum.h"

namespace unlabel {
namespace LEVEL {

void defineAll(std::string& failure) {
  defineAttention(failure);
  defineBatchNorm(failure);
  defineBias(failure);
  defineLayerNorm(failure);
  defineOptimisers(failure);
  defineSum(failure);
#ifdef __AVX512BF16__
  defineConvFilterGradient(failure);
#endif
}

}  // namespace LEVEL
}  // namespace unlabel
