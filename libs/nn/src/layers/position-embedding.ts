import { UsageError } from '#lib/contracts';

export interface SinCosOptions {
  /** D, a multiple of 4. */
  size: number;
  rows: number;
  columns: number;
  /** A first row of zeros for the class token. */
  classToken: boolean;
}

/**
 * MAE's fixed 2-D sine-cosine position codes (`get_2d_sincos_pos_embed` of the authors): row-major over the grid, the first
 * half of D codes the column, the second the row; each half is D/4 sines, then D/4 cosines, of
 *
 *     position · 10000^(−i / (D/4)),  i = 0 … D/4 − 1
 *
 * @returns [(1 +) rows · columns, D]
 * @throws UsageError if D is not a multiple of 4
 */
export function sinCosPositions({ size, rows, columns, classToken }: SinCosOptions): Float32Array {
  if (size % 4 !== 0) throw new UsageError(`sinCosPositions: the width must be a multiple of 4, got ${size}`);
  const quarter = size / 4;
  const first = classToken ? 1 : 0;
  const codes = new Float32Array((first + rows * columns) * size);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const offset = (first + row * columns + column) * size;
      for (const [half, position] of [column, row].entries())
        for (let i = 0; i < quarter; i++) {
          const angle = position * 10000 ** (-i / quarter);
          codes[offset + half * 2 * quarter + i] = Math.sin(angle);
          codes[offset + half * 2 * quarter + quarter + i] = Math.cos(angle);
        }
    }
  return codes;
}
