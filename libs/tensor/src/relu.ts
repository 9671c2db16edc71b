import { relu as reluOp, type Tensor } from '@tensorflow/tfjs-core';

/** max(x, 0), with derivative 0 at 0 as in torch. */
export function relu(x: Tensor): Tensor {
  return reluOp(x);
}
