// TensorFlow's kernels.h asks for this header, which is not among those of the C interface. In a slim build it needs no other
// that is missing.
#pragma once
#define IS_SLIM_BUILD
