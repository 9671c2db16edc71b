import {
  customGrad,
  div,
  exp,
  type GradSaveFunc,
  logSoftmax,
  mul,
  neg,
  oneHot,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { ShapeError } from './shape-error.ts';

/**
 * Mean cross-entropy of logits against class numbers: L = −1/N Σ_n log softmax(x_n)[label_n].
 * The gradient is (softmax(x) − onehot) / N.
 *
 * @param logits [N, C]
 * @param labels [N] int32, 0 … C − 1
 * @returns the loss, []
 * @throws ShapeError if the shapes don't fit
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const [count, classes] = logits.shape as [number, number];
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== count)
    throw new ShapeError(
      `crossEntropy: needs logits [N, C] and labels [N], got [${logits.shape}] and [${labels.shape}]`,
    );
  return softCrossEntropy(logits, oneHot(labels, classes, 1, 0, 'float32'));
}

/**
 * Mean cross-entropy of logits against target distributions: L = −1/N Σ_n Σ_c t_nc log softmax(x_n)_c. No gradient flows into
 * the targets; each row of them must sum to 1.
 *
 * @param logits [N, C]
 * @param targets [N, C]
 * @returns the loss, []
 * @throws ShapeError if the shapes differ
 */
export function softCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  if (logits.rank !== 2 || logits.shape.join() !== targets.shape.join())
    throw new ShapeError(
      `softCrossEntropy: logits and targets must share one shape [N, C], got [${logits.shape}] and [${targets.shape}]`,
    );
  const count = logits.shape[0];
  const op = customGrad((input, save) => {
    const logProbability = logSoftmax(input as Tensor);
    (save as GradSaveFunc)([logProbability, targets]);
    return {
      value: div(neg(sum(mul(targets, logProbability))), count),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [log, target] = saved as [Tensor, Tensor];
        return mul(div(sub(exp(log), target), count), dy);
      },
    };
  });
  return op(logits);
}
