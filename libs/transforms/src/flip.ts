import { emptyLike, type FloatImage, type Target } from './image.ts';

/** Columns reversed. */
export function horizontalFlip(image: FloatImage, target: Target = emptyLike(image)): FloatImage {
  const { data, width, height, channels } = image;
  const out = target.data;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < (width + 1) >> 1; x++) {
      const left = (y * width + x) * channels;
      const right = (y * width + width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) {
        const value = data[left + c] as number;
        out[left + c] = data[right + c] as number;
        out[right + c] = value;
      }
    }
  }
  return target;
}

/** Rows reversed. */
export function verticalFlip(image: FloatImage, target: Target = emptyLike(image)): FloatImage {
  const { data, width, height, channels } = image;
  const out = target.data;
  const length = width * channels;
  for (let y = 0; y < (height + 1) >> 1; y++) {
    const top = y * length;
    const bottom = (height - 1 - y) * length;
    for (let i = 0; i < length; i++) {
      const value = data[top + i] as number;
      out[top + i] = data[bottom + i] as number;
      out[bottom + i] = value;
    }
  }
  return target;
}
