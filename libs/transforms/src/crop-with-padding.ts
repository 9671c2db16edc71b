import { UsageError } from '#lib/contracts';
import { type Draws } from '#lib/sampling';

import { emptyImage, type FloatImage, type Target } from './image.ts';
import { reflected } from './reflection.ts';
import { type Size } from './resize.ts';

export interface Padding {
  /** pixels on each side */
  padding: number;
  /** `reflect` mirrors the image without repeating its edge pixels */
  mode: 'zero' | 'reflect';
}

/**
 * The pixels of a `size` square at (top, left) of the padded image, without making the padded image.
 * @throws UsageError if the square leaves the padded image, or the padding can't be mirrored from so small an image
 */
export function cropWithPadding(
  image: FloatImage,
  { top, left, size }: { top: number; left: number; size: number },
  { padding, mode }: Padding,
  target: Target = emptyImage(size, size, image.channels),
): FloatImage {
  checkPadding(image, size, { padding, mode });
  const { data, width, height, channels } = image;
  const out = target.data;
  let at = 0;
  for (let y = top - padding; y < top - padding + size; y++) {
    const row = mode === 'zero' ? y : reflected(y, height);
    for (let x = left - padding; x < left - padding + size; x++) {
      const column = mode === 'zero' ? x : reflected(x, width);
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const from = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) out[at++] = inside ? (data[from + c] as number) : 0;
    }
  }
  return target;
}

function checkPadding({ width, height }: Size, size: number, { padding, mode }: Padding): void {
  if (size > height + 2 * padding || size > width + 2 * padding)
    throw new UsageError(
      `crop with padding: ${size} × ${size} from an image of ${height} × ${width} with ${padding} pixels around it`,
      { remedy: 'ask for a smaller crop or more padding' },
    );
  if (mode === 'reflect' && padding >= Math.min(width, height))
    throw new UsageError(
      `crop with padding: ${padding} pixels can't be mirrored from an image of ${height} × ${width}`,
      {
        remedy: `set padding to at most ${Math.min(width, height) - 1}`,
      },
    );
}

/** Place of the square in the padded image: uniform, as torchvision's `RandomCrop`. */
export function drawCropPlace(
  image: Size,
  size: number,
  padding: Padding,
  draws: Draws,
): { top: number; left: number } {
  checkPadding(image, size, padding);
  const room = 2 * padding.padding - size + 1;
  return { top: draws.int(image.height + room), left: draws.int(image.width + room) };
}
