export type Interpolation = 'bilinear' | 'bicubic';

export interface Filter {
  interpolation: Interpolation;
  /** Widen the filter where the image shrinks, so that every input pixel counts. */
  antialias: boolean;
}

/** Output pixel i is Σ_t weights[i · taps + t] · input[starts[i] + t]; windows never leave the input. */
export interface Resampling {
  taps: number;
  starts: Int32Array;
  weights: Float32Array;
}

/** Cubic convolution's a: torchvision uses -0.5 (as Pillow) with antialias and -0.75 (as OpenCV) without. */
const cubicAntialias = -0.5;
const cubicPlain = -0.75;

function cubic(x: number, a: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * a;
  return 0;
}

const triangle = (x: number) => Math.max(0, 1 - Math.abs(x));

/** Half-pixel centres; the filter is as wide as an output pixel where the image shrinks; weights of a window sum to 1. */
function antialiased(from: number, to: number, interpolation: Interpolation): Resampling {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = (interpolation === 'bicubic' ? 2 : 1) * stretch;
  const taps = Math.min(from, Math.ceil(2 * support));
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const center = scale * (i + 0.5);
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(from, Math.trunc(center + support + 0.5));
    const start = Math.min(low, from - taps);
    const window = Array.from({ length: taps }, (_, t) => {
      if (start + t < low || start + t >= high) return 0;
      const x = (start + t - center + 0.5) / stretch;
      return interpolation === 'bicubic' ? cubic(x, cubicAntialias) : triangle(x);
    });
    const sum = window.reduce((total, weight) => total + weight, 0);
    starts[i] = start;
    for (const [t, weight] of window.entries()) weights[i * taps + t] = weight / sum;
  }
  return { taps, starts, weights };
}

/** Two or four pixels around the half-pixel centre; those beyond the edge count as the edge pixel. */
function plain(from: number, to: number, interpolation: Interpolation): Resampling {
  const reach = interpolation === 'bicubic' ? 2 : 1;
  const taps = Math.min(from, 2 * reach);
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const exact = (from / to) * (i + 0.5) - 0.5;
    const center = interpolation === 'bicubic' ? exact : Math.max(0, exact);
    const below = Math.floor(center);
    const start = Math.max(0, Math.min(below - reach + 1, from - taps));
    starts[i] = start;
    for (let pixel = below - reach + 1; pixel <= below + reach; pixel++) {
      const weight = interpolation === 'bicubic' ? cubic(pixel - center, cubicPlain) : triangle(pixel - center);
      const at = i * taps + Math.min(from - 1, Math.max(0, pixel)) - start;
      weights[at] = (weights[at] as number) + weight;
    }
  }
  return { taps, starts, weights };
}

/** Lines are shorter: their lengths make a number that is exact. */
const longestLine = 2 ** 24;
const cachedWeights = 4 * 1024 * 1024;
const cache = new Map<number, Resampling>();
let cached = 0;

/** Weights for resizing a line of `from` pixels to `to`, computed once for each pair of lengths and filter. */
export function resampling(from: number, to: number, { interpolation, antialias }: Filter): Resampling {
  const key = 4 * (from * longestLine + to) + (interpolation === 'bicubic' ? 2 : 0) + (antialias ? 1 : 0);
  const known = cache.get(key);
  if (known) return known;
  const made = (antialias ? antialiased : plain)(from, to, interpolation);
  cached += made.weights.length;
  if (cached > cachedWeights) {
    cache.clear();
    cached = made.weights.length;
  }
  cache.set(key, made);
  return made;
}
