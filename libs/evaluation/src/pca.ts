import { UsageError } from '#lib/contracts';

import { checkFeatures, columnMeans, type Features } from './features.ts';
import { type DoubleMatrix, smallerGram } from './singular-values.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { addScaled, dot } from './vector.ts';

export interface Pca {
  /** (x − mean) · componentsᵀ, [N, count]. */
  projection: Float64Array;
  /** Unit directions, [count, D]; the entry of largest size in each is positive. */
  components: Float64Array;
  /** [D] */
  mean: Float64Array;
  /** Variance along each component, divided by N − 1, [count]. */
  explainedVariance: Float64Array;
  /** Share of the total variance, [count]. */
  explainedVarianceRatio: Float64Array;
}

/**
 * Principal components by the eigenvectors of the smaller Gram matrix of the centred features, in double precision; as scikit-learn's PCA.
 *
 * @param x [N, D], min(N, D) <= 2048
 * @param count of components, 1 .. min(N, D)
 * @throws UsageError for bad features, another count, a larger matrix, or features without variance
 */
export function pca(x: Features, count: number): Pca {
  checkFeatures('pca', x);
  const [rows, columns] = x.shape;
  if (!Number.isInteger(count) || count < 1 || count > Math.min(rows, columns))
    throw new UsageError(
      `pca: ${count} components of [${rows}, ${columns}], allowed are 1 .. ${Math.min(rows, columns)}`,
    );
  const mean = columnMeans(x);
  const centred: DoubleMatrix = { rows, columns, data: Float64Array.from(x.data, (v, at) => v - mean[at % columns]!) };
  const { gram, size } = smallerGram(centred);
  const total = gram.reduce((sum, value, at) => (at % (size + 1) === 0 ? sum + value : sum), 0);
  if (total === 0) throw new UsageError('pca: all rows are equal, there is no direction of variance');
  const { values, vectors } = symmetricEigen(gram, size, true);
  const components = new Float64Array(count * columns);
  const projection = new Float64Array(rows * count);
  for (let c = 0; c < count; c++) {
    const component = components.subarray(c * columns, (c + 1) * columns);
    direction(component, centred, vectors!.subarray(c * size, (c + 1) * size));
    for (let n = 0; n < rows; n++) projection[n * count + c] = dot(rowOf(centred, n), component);
  }
  const kept = values.subarray(0, count);
  return {
    projection,
    components,
    mean,
    explainedVariance: kept.map((value) => Math.max(0, value) / (rows - 1)),
    explainedVarianceRatio: kept.map((value) => Math.max(0, value) / total),
  };
}

const rowOf = ({ data, columns }: DoubleMatrix, n: number) => data.subarray(n * columns, (n + 1) * columns);

/** Component of one eigenvector: itself for Xᵀ X; for X Xᵀ, Xᵀ times it, to length 1. */
function direction(component: Float64Array, centred: DoubleMatrix, eigenvector: Float64Array): void {
  if (centred.columns <= centred.rows) component.set(eigenvector);
  else for (let n = 0; n < centred.rows; n++) addScaled(component, rowOf(centred, n), eigenvector[n]!);
  const length = Math.sqrt(dot(component, component));
  const peak = component.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  const scale = length === 0 ? 0 : Math.sign(peak) / length;
  for (let k = 0; k < component.length; k++) component[k]! *= scale;
}
