import { Draws } from '#lib/sampling';

import { type ByteImage } from './image.ts';
import { makeView } from './recipe.ts';

/** Nothing is drawn by these operations; the stream is only there because every view has one. */
const noDraws = new Draws({ seed: 0, purpose: 'evaluation', epoch: 0, sample: 0, view: 0 });

/** The shorter side resized to `size`, bilinear with antialias, and the middle square cut out. @param image RGB */
export function middleSquare(image: ByteImage, size: number): ByteImage {
  const operations = [
    { op: 'resize', size, interpolation: 'bilinear', antialias: true } as const,
    { op: 'center-crop', size } as const,
  ];
  return makeView(image, operations, noDraws);
}
