import { add, mul, type Scalar, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';

/**
 * A target parameter that follows an online one as an exponential moving average: m · target + (1 − m) · online.
 * Momentum 1 leaves the target as it is, 0 copies the online parameter.
 *
 * @param momentum [], a tensor so that it may change from step to step
 */
export function exponentialMovingAverage(target: Tensor, online: Tensor, momentum: Scalar): Tensor {
  return tidy(() => add(mul(target, momentum), mul(online, sub(1, momentum))));
}
