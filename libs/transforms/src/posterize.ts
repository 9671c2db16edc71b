import { UsageError } from '#lib/contracts';

import { type ByteImage, emptyLike, type FloatImage, type Target } from './image.ts';

function checkBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < 0 || bits > 8)
    throw new UsageError(`posterize: ${bits} bits, expected a whole number from 0 to 8`);
}

/** clamp(⌊x 2^bits⌋, 0, 2^bits - 1) / 2^bits. */
export function posterize(image: FloatImage, bits: number, target: Target = emptyLike(image)): FloatImage {
  checkBits(bits);
  const levels = 2 ** bits;
  const { data } = image;
  const out = target.data;
  for (let i = 0; i < data.length; i++)
    out[i] = Math.min(levels - 1, Math.max(0, Math.floor((data[i] as number) * levels))) / levels;
  return target;
}

/** The low 8 - bits bits cleared. */
export function posterizeBytes(image: ByteImage, bits: number): ByteImage {
  checkBits(bits);
  const mask = 0xff & ~(2 ** (8 - bits) - 1);
  return { ...image, data: image.data.map((value) => value & mask) };
}
