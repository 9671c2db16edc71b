import { reshape, type Tensor, transpose } from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';
import { ShapeError } from '#lib/tensor';

/**
 * Rows and columns of patches in an image.
 * @throws UsageError naming both sizes and the nearest that would do, if a side is not a multiple of the patch
 */
export function patchGrid(height: number, width: number, patchSize: number): { rows: number; columns: number } {
  if (height % patchSize !== 0 || width % patchSize !== 0 || height === 0 || width === 0) {
    const nearest = [height, width].map((side) => nearestMultiples(side, patchSize).join(' or '));
    const sides = height === width ? nearest[0] : `${nearest[0]} for the height, ${nearest[1]} for the width`;
    throw new UsageError(
      `patches: an image of ${height}×${width} pixels can't be cut into patches of ${patchSize}×${patchSize}`,
      {
        field: 'backbone.options.patchSize',
        remedy: `use images of ${sides}, or a patch size that divides ${height === width ? height : 'both sides'}`,
      },
    );
  }
  return { rows: height / patchSize, columns: width / patchSize };
}

/**
 * Cuts images into patches in row-major order; within a patch the order is row, column, channel, as in MAE's patchify.
 *
 * @param x [N, H, W, C]
 * @returns [N, L, P·P·C], L = H/P · W/P
 * @throws UsageError if P divides not both sides
 */
export function patchify(x: Tensor, patchSize: number): Tensor {
  if (x.rank !== 4) throw new ShapeError(`patchify: x must be [N, H, W, C], got [${x.shape}]`);
  const [N, H, W, C] = x.shape as [number, number, number, number];
  const { rows, columns } = patchGrid(H, W, patchSize);
  const grid = reshape(x, [N, rows, patchSize, columns, patchSize, C]);
  return reshape(transpose(grid, [0, 1, 3, 2, 4, 5]), [N, rows * columns, patchSize * patchSize * C]);
}

/** The inverse of `patchify`: [N, L, P·P·C] → [N, H, W, C]. */
export function unpatchify(patches: Tensor, patchSize: number, image: { height: number; width: number }): Tensor {
  const { rows, columns } = patchGrid(image.height, image.width, patchSize);
  const [N, L, size] = patches.shape as [number, number, number];
  if (patches.rank !== 3 || L !== rows * columns || size % (patchSize * patchSize) !== 0)
    throw new ShapeError(
      `unpatchify: patches must be [N, ${rows * columns}, ${patchSize}·${patchSize}·C], got [${patches.shape}]`,
    );
  const grid = reshape(patches, [N, rows, columns, patchSize, patchSize, size / patchSize ** 2]);
  return reshape(transpose(grid, [0, 1, 3, 2, 4, 5]), [N, image.height, image.width, size / patchSize ** 2]);
}

function nearestMultiples(side: number, patchSize: number): number[] {
  const below = Math.floor(side / patchSize) * patchSize;
  return side % patchSize === 0 && side > 0 ? [side] : [below, below + patchSize].filter((size) => size > 0);
}
