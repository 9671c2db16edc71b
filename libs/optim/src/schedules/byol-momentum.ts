/**
 * BYOL's target momentum, τ_k = 1 − (1 − τ₀) (cos(π k / K) + 1) / 2, which reaches 1 only at k = K.
 * Grill et al. 2020, https://arxiv.org/abs/2006.07733, section 3.3.
 */
export function byolMomentum({ totalSteps, base }: { totalSteps: number; base: number }, step: number): number {
  return 1 - ((1 - base) * (Math.cos((Math.PI * step) / totalSteps) + 1)) / 2;
}
