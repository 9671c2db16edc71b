/**
 * Exponential moving average, debiased as Adam's moments are: the first values are not drawn towards 0.
 * What was not read stays unread, and counts for nothing.
 * @param weight of what was before, in [0, 1); 0: as they are
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight === 0) return [...values];
  let mean = 0;
  let bias = 1;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    bias *= weight;
    return mean / (1 - bias);
  });
}
