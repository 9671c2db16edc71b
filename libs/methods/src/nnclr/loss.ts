import {
  add,
  argMax,
  cast,
  div,
  equal,
  matMul,
  mean,
  mul,
  range,
  type Scalar,
  type Tensor2D,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';

import { crossEntropy, l2Normalize, ShapeError } from '#lib/tensor';

/**
 * NNCLR's loss of one pair of views: the neighbour of one view's embedding against the other view's predictions, in both
 * directions.
 *
 *     l_ij = n_i · p_j / T,   L = ½ mean_i CE(l_i, i) + ½ mean_i CE(lᵀ_i, i)     (section 3.2)
 *
 * with unit rows n and p; the second part makes it symmetric. Dwibedi et al. 2021, https://arxiv.org/abs/2104.14548.
 *
 * @param neighbours of view 1, constants, [N, D]
 * @param predictions of view 2, [N, D]; row n is the same image
 * @param temperature T
 * @throws ShapeError if the shapes differ
 */
export function nnclrLoss(neighbours: Tensor2D, predictions: Tensor2D, temperature: number): Scalar {
  return tidy(() => {
    const logits = div(similarities('nnclrLoss', neighbours, predictions), temperature) as Tensor2D;
    const own = range(0, logits.shape[0], 1, 'int32');
    return mul(add(crossEntropy(logits, own), crossEntropy(transpose(logits), own)), 0.5) as Scalar;
  });
}

/** Share of the images whose neighbour is nearer to their own prediction than to any other, []. Shapes as in `nnclrLoss`. */
export function matchAccuracy(neighbours: Tensor2D, predictions: Tensor2D): Scalar {
  return tidy(() => {
    const logits = similarities('matchAccuracy', neighbours, predictions);
    return mean(cast(equal(argMax(logits, 1), range(0, logits.shape[0], 1, 'int32')), 'float32'));
  });
}

/** Cosines of all pairs, [N, N]. */
function similarities(name: string, neighbours: Tensor2D, predictions: Tensor2D): Tensor2D {
  if (neighbours.rank !== 2 || neighbours.shape.join() !== predictions.shape.join())
    throw new ShapeError(
      `${name}: neighbours and predictions must share one shape [N, D], got [${neighbours.shape}] and [${predictions.shape}]`,
    );
  return matMul(l2Normalize(neighbours), l2Normalize(predictions), false, true);
}
