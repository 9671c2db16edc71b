import { cosine, type CosineOptions } from './cosine.ts';

export interface WarmupCosineOptions extends CosineOptions {
  warmupSteps: number;
  /** Where the warm-up starts; the first step is already one part of warmupSteps above it. default: 0 */
  warmupStart?: number;
}

/**
 * Linear warm-up, then half a cosine, as lightly's CosineWarmupScheduler: at step t < W it is (t + 1) / W of the way from
 * `warmupStart` to `start`, so no step is lost to a zero; the cosine reaches `end` at the last step, where it stays.
 * Goyal et al. 2017, https://arxiv.org/abs/1706.02677 (warm-up); Loshchilov & Hutter 2016, https://arxiv.org/abs/1608.03983.
 */
export function warmupCosine(options: WarmupCosineOptions, step: number): number {
  const { totalSteps, start, end, warmupSteps, warmupStart = 0 } = options;
  if (step < warmupSteps) return warmupStart + ((start - warmupStart) * (step + 1)) / warmupSteps;
  return cosine({ totalSteps: Math.max(totalSteps - warmupSteps, 1), start, end }, step - warmupSteps);
}
