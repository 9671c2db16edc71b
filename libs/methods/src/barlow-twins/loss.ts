import { add, div, matMul, mul, type Scalar, square, sub, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

import { ShapeError, standardize, sumOver } from '#lib/tensor';

export type BarlowTwinsLoss = {
  loss: Scalar;
  /** Σ_i (C_ii − 1)²: how far the views are from saying the same. */
  onDiagonal: Scalar;
  /** Σ_i Σ_{j≠i} C_ij², without λ: how much the numbers of a projection repeat each other. */
  offDiagonal: Scalar;
};

/**
 * Barlow Twins' loss: the cross-correlation of two views' projections is drawn to the identity.
 *
 *     L = Σ_i (1 − C_ii)² + λ Σ_i Σ_{j≠i} C_ij²     (eq. 1)
 *
 * Zbontar et al. 2021, https://arxiv.org/abs/2103.03230. The off-diagonal sum is ‖C‖² less its diagonal's, so that no matrix
 * is made beside C.
 *
 * @param zA projections of view 1, [N, D], N >= 2
 * @param zB projections of view 2; row n is the same image as row n of zA
 * @param lambda λ
 * @returns three scalars
 * @throws ShapeError if the shapes differ, or N < 2
 */
export function barlowTwinsLoss(zA: Tensor2D, zB: Tensor2D, lambda: number): BarlowTwinsLoss {
  checkShapes('barlowTwinsLoss', zA, zB);
  return tidy(() => {
    const [a, b] = [standardize(zA), standardize(zB)];
    const diagonal = div(sumOver(mul(a, b), [0]), a.shape[0]); // [D]
    const onDiagonal: Scalar = sumOver(square(sub(diagonal, 1))) as Scalar;
    const offDiagonal: Scalar = sub(sumOver(square(correlate(a, b))), sumOver(square(diagonal)));
    return { loss: add(onDiagonal, mul(offDiagonal, lambda)), onDiagonal, offDiagonal };
  });
}

/**
 * Cross-correlation over the batch, C = BN(zA)ᵀ BN(zB) / N, with the biased variance and batch norm's ε of 1e-5.
 *
 * @param zA [N, D], N >= 2
 * @param zB [N, D]
 * @returns [D, D], in −1 … 1
 * @throws ShapeError if the shapes differ, or N < 2
 */
export function crossCorrelation(zA: Tensor2D, zB: Tensor2D): Tensor2D {
  checkShapes('crossCorrelation', zA, zB);
  return tidy(() => correlate(standardize(zA), standardize(zB)));
}

const correlate = (a: Tensor2D, b: Tensor2D): Tensor2D => div(matMul(a, b, true, false), a.shape[0]);

function checkShapes(name: string, zA: Tensor2D, zB: Tensor2D): void {
  if (zA.rank !== 2 || zA.shape.join() !== zB.shape.join() || zA.shape[0] < 2)
    throw new ShapeError(
      `${name}: zA and zB must share one shape [N, D] with N >= 2, got [${zA.shape}] and [${zB.shape}]`,
    );
}
