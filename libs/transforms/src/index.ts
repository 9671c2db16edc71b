export { brightness } from './brightness.ts';
export { centerBox, centerCrop } from './center-crop.ts';
export {
  type Adjustment,
  adjustments,
  colorJitter,
  drawJitter,
  type JitterFactors,
  type JitterStrengths,
} from './color-jitter.ts';
export { contrast } from './contrast.ts';
export { crop } from './crop.ts';
export { cropWithPadding, drawCropPlace, type Padding } from './crop-with-padding.ts';
export { horizontalFlip, verticalFlip } from './flip.ts';
export { automaticKernel, type Blur, gaussianBlur, gaussianKernel } from './gaussian-blur.ts';
export { grayscale, luma } from './grayscale.ts';
export { hue } from './hue.ts';
export { type ByteImage, clamp, emptyImage, type FloatImage, type Target, toBytes, toFloat } from './image.ts';
export { middleSquare } from './middle-square.ts';
export { normalize } from './normalize.ts';
export { posterize, posterizeBytes } from './posterize.ts';
export { drawCropBox } from './random-resized-crop.ts';
export { makeView, makeViews, transformsRevision } from './recipe.ts';
export { type Filter, type Interpolation } from './resampling.ts';
export { type Box, resize, resizedCrop, shorterSide, type Size } from './resize.ts';
export { resizedCropBytes } from './resize-bytes.ts';
export { saturation } from './saturation.ts';
export { solarize } from './solarize.ts';
