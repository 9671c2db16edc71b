// Mirrors images.
#pragma once
#include <cstdint>
#include <cstring>

namespace unlabel {
namespace LEVEL {

static void mirrorRows(float* rows, int height, int width, float* __restrict line) {
  for (int y = 0; y < height; y++) {
    float* __restrict row = rows + (int64_t)y * width;
    memcpy(line, row, width * sizeof(float));
    for (int x = 0; x < width; x++) row[x] = line[width - 1 - x];
  }
}

}  // namespace LEVEL
}  // namespace unlabel
