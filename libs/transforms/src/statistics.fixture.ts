/** Mean and standard deviation (of the sample: divided by n - 1). */
export function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** For each probability p the smallest value whose share of values at or below it is at least p. */
export function quantiles(values: readonly number[], probabilities: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return probabilities.map((p) => sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-6) - 1)] as number);
}
