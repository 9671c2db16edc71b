import { abs, add, div, mul, type Scalar, sqrt, square, sub, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { meanOver, ShapeError, sumOver } from '#lib/tensor';

const normEpsilon = 1e-6;

/**
 * Patches as targets: each normalised by its own mean and unbiased variance, (x − mean) / √(var + 1e-6); a flat patch
 * becomes 0. He et al. 2021, section 4.1 "Reconstruction target"; `norm_pix_loss` of the authors.
 *
 * @param patches [N, L, P·P·C]
 * @throws ShapeError for patches of a single number, which have no variance
 */
export function normalisePatches(patches: Tensor): Tensor {
  return tidy(() => {
    const { centred, deviation } = momentsOf('normalisePatches', patches);
    return div(centred, deviation);
  });
}

/**
 * What was predicted as `normalisePatches` makes targets, with the mean and the deviation of the true patches: its inverse.
 *
 * @param prediction [N, L, P·P·C]
 * @param patches the true ones, [N, L, P·P·C]
 * @throws ShapeError for patches of a single number, which have no variance
 */
export function denormalisePatches(prediction: Tensor, patches: Tensor): Tensor {
  return tidy(() => {
    const { mean, deviation } = momentsOf('denormalisePatches', patches);
    return add(mul(prediction, deviation), mean);
  });
}

/** Each patch's mean [N, L, 1], its values less that, and √(unbiased variance + 1e-6) [N, L, 1]. */
function momentsOf(name: string, patches: Tensor): { mean: Tensor; centred: Tensor; deviation: Tensor } {
  const size = patches.shape.at(-1) as number;
  if (size < 2) throw new ShapeError(`${name}: a patch must have 2 numbers or more, got [${patches.shape}]`);
  const mean = meanOver(patches, [-1], true);
  const centred = sub(patches, mean);
  const variance = div(sumOver(square(centred), [-1], true), size - 1);
  return { mean, centred, deviation: sqrt(add(variance, normEpsilon)) };
}

/**
 * Loss of the masked autoencoder: the squared error of the removed patches.
 *
 *     L = Σ_nl m_nl · 1/P Σ_p (ŷ_nlp − y_nlp)² / Σ_nl m_nl,   m = 1 where a patch was removed
 *
 * He et al. 2021, https://arxiv.org/abs/2111.06377, section 3 "Reconstruction target"; `forward_loss` of the authors.
 *
 * @param prediction [N, L, P]
 * @param target [N, L, P]
 * @param mask [N, L], 0 kept, 1 removed
 * @throws ShapeError if the shapes don't fit
 */
export function maeLoss(prediction: Tensor, target: Tensor, mask: Tensor): Scalar {
  checkShapes('maeLoss', prediction, target, mask);
  return tidy(() => overRemoved(meanOver(square(sub(prediction, target)), [-1]), mask));
}

/** Mean absolute error of the removed patches; arguments as in `maeLoss`. */
export function removedAbsoluteError(prediction: Tensor, target: Tensor, mask: Tensor): Scalar {
  checkShapes('removedAbsoluteError', prediction, target, mask);
  return tidy(() => overRemoved(meanOver(abs(sub(prediction, target)), [-1]), mask));
}

/** Mean over the removed patches of the whole batch: [N, L] → []. */
function overRemoved(perPatch: Tensor, mask: Tensor): Scalar {
  return div(sumOver(mul(perPatch, mask)), sum(mask)) as Scalar;
}

function checkShapes(name: string, prediction: Tensor, target: Tensor, mask: Tensor): void {
  const fits = prediction.rank === 3 && prediction.shape.join() === target.shape.join();
  if (!fits || mask.shape.join() !== prediction.shape.slice(0, 2).join())
    throw new ShapeError(
      `${name}: needs prediction and target [N, L, P] and mask [N, L], got [${prediction.shape}], [${target.shape}] and [${mask.shape}]`,
    );
}
