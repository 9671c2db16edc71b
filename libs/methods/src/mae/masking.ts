import { UsageError } from '#lib/contracts';
import { Draws } from '#lib/sampling';

/** Which patches of each image are kept, for N images of L patches. */
export interface Masks {
  /** Kept patches in the order of the encoder's tokens, [N, keep]. */
  kept: Int32Array;
  /** Place of each patch in the shuffled order, [N, L]; below `keep` it is kept, and this is its place in `kept`. */
  restore: Int32Array;
}

/**
 * Patches kept of L at a mask ratio: int(L (1 − ratio)), as in the authors' code.
 * @throws UsageError if that is none, or all
 */
export function keptPatches(patches: number, maskRatio: number): number {
  const keep = Math.trunc(patches * (1 - maskRatio));
  if (keep > 0 && keep < patches) return keep;
  const [low, high] = [1 / patches, 1 - 1 / patches];
  throw new UsageError(
    `mae: a mask ratio of ${maskRatio} keeps ${keep} of ${patches} patches; at least one must be kept and one removed`,
    {
      field: 'method.options.maskRatio',
      remedy:
        patches < 2
          ? 'use smaller patches'
          : `use a ratio from ${Math.ceil(low * 1000) / 1000} to ${Math.floor(high * 1000) / 1000}, or smaller patches`,
    },
  );
}

/**
 * Random masking by argsort: the patches of smallest noise are kept (He et al. 2021, appendix A; `random_masking` of the
 * authors). Of equal noise the earlier patch comes first.
 *
 * @param noise [N, L]
 */
export function masksFromNoise(noise: ArrayLike<number>, { patches, keep }: { patches: number; keep: number }): Masks {
  const count = noise.length / patches;
  const masks = { kept: new Int32Array(count * keep), restore: new Int32Array(count * patches) };
  const order = new Int32Array(patches);
  for (let n = 0; n < count; n++) {
    const at = n * patches;
    for (let patch = 0; patch < patches; patch++) order[patch] = patch;
    order.sort((a, b) => (noise[at + a] as number) - (noise[at + b] as number) || a - b);
    masks.kept.set(order.subarray(0, keep), n * keep);
    for (let place = 0; place < patches; place++) masks.restore[at + (order[place] as number)] = place;
  }
  return masks;
}

interface MaskDraws {
  seed: number;
  epoch: number;
  samples: ArrayLike<number>;
  patches: number;
  keep: number;
}

/** Masks of a batch: those of a sample depend on seed, epoch and sample alone. */
export function drawMasks({ seed, epoch, samples, patches, keep }: MaskDraws): Masks {
  const noise = new Float64Array(samples.length * patches); // holds 32 random bits, which float32 doesn't
  for (let n = 0; n < samples.length; n++) {
    const draws = new Draws({ seed, purpose: 'mae-mask', epoch, sample: samples[n] as number });
    for (let patch = 0; patch < patches; patch++) noise[n * patches + patch] = draws.uint32();
  }
  return masksFromNoise(noise, { patches, keep });
}
