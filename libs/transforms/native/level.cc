// All kernels, for one level of vector instructions: compiled once for each, with LEVEL as its name.
#include "kernels.h"

#include "blur.h"
#include "bytes.h"
#include "colour.h"
#include "mirror.h"
#include "resample.h"

namespace unlabel {
namespace LEVEL {

extern const Kernels kernels = {
    affine,        solarize,      grayscale,         saturation,         hue,         channelSums, mirrorRows,
    bytesToPlanes, planesToBytes, alongWidthOfBytes, alongWidthOfPlanes, alongHeight, blurRows,    blurColumns,
};

}  // namespace LEVEL
}  // namespace unlabel
