import {
  customGrad,
  type GradSaveFunc,
  mul,
  reshape,
  softmax,
  type Tensor,
  transpose,
  unstack,
} from '@tensorflow/tfjs-core';

import { defineOwnKernel, hasOwnKernels, runOwnKernel } from './own-kernels.ts';
import { product } from './product.ts';
import { ShapeError } from './shape-error.ts';

const attributes = { heads: 'int', scale: 'float' } as const;
defineOwnKernel('UnlabelAttention', 1, { attributes });
defineOwnKernel('UnlabelAttentionGradient', 1, { attributes });

/**
 * Scaled dot-product attention of every head, without what comes before and after it:
 *
 *     y_h = softmax(q_h k_hᵀ / √d) v_h
 *
 * Vaswani et al. 2017, https://arxiv.org/abs/1706.03762. By one operation each way where there are own kernels, which holds
 * nothing but qkv until the gradient.
 *
 * @param qkv [N, L, 3 × heads × d], in timm's order
 * @returns [N, L, heads × d]
 * @throws ShapeError for another rank, or a width that three times the heads do not divide
 */
export function attend(qkv: Tensor, heads: number): Tensor {
  const [N, L, width] = qkv.shape as [number, number, number];
  const size = width / (3 * heads);
  if (qkv.rank !== 3 || !Number.isInteger(size))
    throw new ShapeError(`attend: qkv must be [N, L, 3 × ${heads} heads × d], got [${qkv.shape}]`);
  const scale = size ** -0.5;
  if (hasOwnKernels()) return ownAttend(qkv, { heads, scale });
  const joint = transpose(reshape(qkv, [N, L, 3, heads, size]), [2, 0, 3, 1, 4]);
  const [q, k, v] = unstack(joint) as [Tensor, Tensor, Tensor]; // each [N, heads, L, d]
  const weights = softmax(product(mul(q, scale), k, false, true)); // [N, heads, L, L]
  return reshape(transpose(product(weights, v), [0, 2, 1, 3]), [N, L, heads * size]);
}

function ownAttend(qkv: Tensor, attrs: { heads: number; scale: number }): Tensor {
  const op = customGrad((input, save) => {
    const kept = input as Tensor;
    (save as GradSaveFunc)([kept]);
    return {
      value: runOwnKernel('UnlabelAttention', { qkv: kept }, attrs)[0] as Tensor,
      gradFunc: (dy: Tensor, [saved]: Tensor[]) =>
        runOwnKernel('UnlabelAttentionGradient', { dy, qkv: saved as Tensor }, attrs)[0] as Tensor,
    };
  });
  return op(qkv);
}
