import { type Draws } from '#lib/sampling';

import { brightness } from './brightness.ts';
import { contrast } from './contrast.ts';
import { hue } from './hue.ts';
import { emptyLike, type FloatImage, type Target } from './image.ts';
import { saturation } from './saturation.ts';

/** The adjustments, in the numbering that orders use. */
export const adjustments = ['brightness', 'contrast', 'saturation', 'hue'] as const;
export type Adjustment = (typeof adjustments)[number];

const adjust = { brightness, contrast, saturation, hue };

/** A factor for each adjustment (a shift in turns for hue); undefined leaves it out. */
export type JitterFactors = Record<Adjustment, number | undefined>;
/** Strengths: factors are uniform on [max(0, 1 - a), 1 + a], the hue's shift on [-h, h]; 0 leaves the adjustment out. */
export type JitterStrengths = Record<Adjustment, number>;

/** Applies the four adjustments in the order given, first named first; each holds its result to 0..1. */
export function colorJitter(
  image: FloatImage,
  factors: JitterFactors,
  order: readonly Adjustment[],
  target: Target = emptyLike(image),
): FloatImage {
  let current = image;
  for (const name of order) {
    const factor = factors[name];
    if (factor !== undefined) current = adjust[name](current, factor, target);
  }
  if (current === image && target !== image) target.data.set(image.data);
  return target;
}

/** Draws order and factors as torchvision's `ColorJitter`: a uniform order, then a factor for each strength above 0. */
export function drawJitter(strengths: JitterStrengths, draws: Draws): { factors: JitterFactors; order: Adjustment[] } {
  const order = draws.shuffle([...adjustments]);
  const factor = (strength: number) =>
    strength > 0 ? draws.uniform(Math.max(0, 1 - strength), 1 + strength) : undefined;
  const factors = {
    brightness: factor(strengths.brightness),
    contrast: factor(strengths.contrast),
    saturation: factor(strengths.saturation),
    hue: strengths.hue > 0 ? draws.uniform(-strengths.hue, strengths.hue) : undefined,
  };
  return { factors, order };
}
