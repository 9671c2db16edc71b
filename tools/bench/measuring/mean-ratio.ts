/**
 * The geometric mean of ratios, and the standard error of it as a part of it: what it may differ by from the mean of ever so
 * many, in two of three cases. @throws RangeError for fewer than two, or where one is not positive
 */
export function meanRatio(ratios: readonly number[]): { mean: number; standardError: number } {
  if (ratios.length < 2 || ratios.some((ratio) => !(ratio > 0)))
    throw new RangeError(`meanRatio: two ratios above 0 are needed at least, got ${ratios.join(', ') || 'none'}`);
  const logs = ratios.map((ratio) => Math.log(ratio));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  return { mean: Math.exp(mean), standardError: Math.sqrt(variance / logs.length) };
}
