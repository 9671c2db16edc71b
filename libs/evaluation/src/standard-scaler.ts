import { checkFeatures, columnMeans, type Features } from './features.ts';

export interface StandardScaler {
  /** Column means, [D]. */
  mean: Float64Array;
  /** Biased standard deviation of each column; 1 where the column is constant, [D]. */
  scale: Float64Array;
}

/**
 * Mean and spread of each column, as scikit-learn's StandardScaler, in double precision by two passes. A column counts as
 * constant when its variance is no larger than rounding can make it: var ≤ Nε var + (Nε mean)².
 *
 * @throws UsageError for bad features
 */
export function fitStandardScaler(features: Features): StandardScaler {
  checkFeatures('standard scaler', features);
  const [rows, columns] = features.shape;
  const mean = columnMeans(features);
  const squares = new Float64Array(columns);
  for (let at = 0; at < features.data.length; at += columns)
    for (let column = 0; column < columns; column++)
      squares[column]! += (features.data[at + column]! - mean[column]!) ** 2;
  const rounding = rows * Number.EPSILON;
  const scale = squares.map((sum, column) => {
    const variance = sum / rows;
    return variance <= rounding * variance + (rounding * mean[column]!) ** 2 ? 1 : Math.sqrt(variance);
  });
  return { mean, scale };
}

/** (x − mean) / scale of rows [from, to), [to − from, D]. */
export function standardiseRows(
  { mean, scale }: StandardScaler,
  { data, shape: [rows, columns] }: Features,
  { from = 0, to = rows }: { from?: number; to?: number } = {},
): Float32Array {
  const scaled = new Float32Array((to - from) * columns);
  for (let at = 0; at < scaled.length; at += columns)
    for (let column = 0; column < columns; column++)
      scaled[at + column] = (data[from * columns + at + column]! - mean[column]!) / scale[column]!;
  return scaled;
}
