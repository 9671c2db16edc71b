/** The normal quantile of a two-sided 95 % interval. */
const z = 1.959964;

/**
 * The 95 % score interval of a share that was counted (Wilson 1927, eq. 2 of Brown, Cai and DasGupta 2001): what the true share may be, given that
 * `share · samples` of `samples` images were right. It says nothing of what another seed would give.
 */
export function wilson(share: number, samples: number): { low: number; high: number } {
  if (samples <= 0) return { low: 0, high: 1 };
  const square = z ** 2 / samples;
  const centre = (share + square / 2) / (1 + square);
  const half = (z / (1 + square)) * Math.sqrt((share * (1 - share)) / samples + square / (4 * samples));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
