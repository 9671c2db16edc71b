import { type ByteImage, type FloatImage } from './image.ts';
import { type Filter } from './resampling.ts';
import { type Box, checkBox, resizedCrop, type Size } from './resize.ts';

/**
 * Crops and resizes bytes as Pillow, and torchvision on uint8 images, do: rounded and held to 0..255 after each of the two
 * passes. Recipes resize in float; this is for reproducing figures that were measured on images resized so.
 */
export function resizedCropBytes(image: ByteImage, box: Box, { height, width }: Size, filter: Filter): ByteImage {
  checkBox('resized crop', image, box);
  const float: FloatImage = { ...image, data: Float32Array.from(image.data) };
  const rows = rounded(pass(float, box, { height: box.height, width }, filter));
  const all = { top: 0, left: 0, height: box.height, width };
  const { data } = rounded(pass(rows, all, { height, width }, filter));
  return { width, height, channels: image.channels, data: Uint8Array.from(data) };
}

/** One pass: the other side keeps its length, for which the weights are exactly one pixel. */
function pass(image: FloatImage, box: Box, { height, width }: Size, filter: Filter): FloatImage {
  const data = new Float32Array(height * width * image.channels);
  return resizedCrop(image, box, { width, height, channels: image.channels, data }, filter);
}

/** Pillow's fixed-point arithmetic adds a half and cuts off, so halves go up here, not to the even number. */
function rounded(image: FloatImage): FloatImage {
  return { ...image, data: image.data.map((value) => Math.min(255, Math.max(0, Math.floor(value + 0.5)))) };
}
