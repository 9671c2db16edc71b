import { emptyImage, type FloatImage, type Target } from './image.ts';
import { type Box, checkBox } from './resize.ts';

/** The pixels of a box. */
export function crop(
  image: FloatImage,
  box: Box,
  target: Target = emptyImage(box.width, box.height, image.channels),
): FloatImage {
  checkBox('crop', image, box);
  const length = box.width * image.channels;
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * image.width + box.left) * image.channels;
    target.data.set(image.data.subarray(from, from + length), y * length);
  }
  return target;
}
