export interface HalfCosineOptions {
  peak: number;
  end: number;
  warmupEpochs: number;
  epochs: number;
}

/**
 * MAE's schedule, by fractional epoch: linear from exactly 0, then half a cosine that would reach `end` after the last step
 * (He et al. 2021, https://arxiv.org/abs/2111.06377; the authors' util/lr_sched.py).
 *
 * @param epoch step / stepsPerEpoch
 */
export function halfCosine({ peak, end, warmupEpochs, epochs }: HalfCosineOptions, epoch: number): number {
  if (epoch < warmupEpochs) return (peak * epoch) / warmupEpochs;
  const share = (epoch - warmupEpochs) / (epochs - warmupEpochs);
  return end + ((peak - end) * (1 + Math.cos(Math.PI * share))) / 2;
}
