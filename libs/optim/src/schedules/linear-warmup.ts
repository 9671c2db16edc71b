export interface LinearWarmupOptions {
  warmupSteps: number;
  start: number;
  end: number;
}

/** From `start` at step 0 straight to `end` at step warmupSteps, then constant: DINO's teacher temperature. */
export function linearWarmup({ warmupSteps, start, end }: LinearWarmupOptions, step: number): number {
  return step < warmupSteps ? start + ((end - start) * step) / warmupSteps : end;
}
