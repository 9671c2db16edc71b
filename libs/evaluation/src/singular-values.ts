import { UsageError } from '#lib/contracts';

import { symmetricEigen } from './symmetric-eigen.ts';

/** A matrix in double precision, [rows, columns] row-major. */
export interface DoubleMatrix {
  data: Float64Array;
  rows: number;
  columns: number;
}

/**
 * Lower triangle of the smaller of Zᵀ Z [D, D] and Z Zᵀ [N, N], in double precision: its eigenvalues are the squared singular values
 * of Z.
 */
export function smallerGram({ data, rows, columns }: DoubleMatrix): { gram: Float64Array; size: number } {
  return columns <= rows
    ? { gram: gramOfColumns(data, rows, columns), size: columns }
    : { gram: gramOfRows(data, rows, columns), size: rows };
}

function gramOfColumns(data: Float64Array, rows: number, columns: number): Float64Array {
  const gram = new Float64Array(columns * columns);
  for (let n = 0; n < rows; n++) {
    const row = data.subarray(n * columns, (n + 1) * columns);
    for (let i = 0; i < columns; i++) {
      const [value, at] = [row[i]!, i * columns];
      for (let j = 0; j <= i; j++) gram[at + j]! += value * row[j]!;
    }
  }
  return gram;
}

function gramOfRows(data: Float64Array, rows: number, columns: number): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += data[i * columns + k]! * data[j * columns + k]!;
      gram[i * rows + j] = sum;
    }
  return gram;
}

/**
 * Singular values, falling, [min(N, D)], as the roots of the Gram matrix's eigenvalues in double precision: absolute errors are about
 * 1e-8 of the largest.
 *
 * @throws UsageError when min(N, D) is above 2048, or a value is not finite
 */
export function singularValues(matrix: DoubleMatrix): Float64Array {
  if (!matrix.data.every(Number.isFinite))
    throw new UsageError('singularValues: the matrix has values that are not finite');
  const { gram, size } = smallerGram(matrix);
  return symmetricEigen(gram, size, false).values.map((value) => Math.sqrt(Math.max(0, value)));
}
