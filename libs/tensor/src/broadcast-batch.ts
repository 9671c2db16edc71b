import { fill, mul, type Tensor } from '@tensorflow/tfjs-core';

import { ShapeError } from './shape-error.ts';

/**
 * One row for each of `count` samples: [1, ...] → [count, ...]. By a product, since the gradient of tfjs's `tile` loops
 * over slices.
 * @throws ShapeError if the first axis is not 1
 */
export function broadcastBatch(x: Tensor, count: number): Tensor {
  if (x.shape[0] !== 1) throw new ShapeError(`broadcastBatch: the first axis must be 1, got [${x.shape}]`);
  return mul(fill([count, ...x.shape.slice(1).map(() => 1)], 1), x);
}
