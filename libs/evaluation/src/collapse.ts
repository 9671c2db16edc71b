import { UsageError } from '#lib/contracts';

import { checkFeatures, columnMeans, type Features } from './features.ts';
import { singularValues } from './singular-values.ts';

export interface RankOptions {
  /** Rows to length 1 first. */
  normalise?: boolean;
  /** Subtract the column means first. */
  centre?: boolean;
  /** Added to each share after the division (Garrido et al.: 1e-7). */
  epsilon?: number;
}

/**
 * Standard deviation (unbiased) of each dimension of the l2-normalised rows, [D]; their mean is near 1/√D for healthy embeddings and 0
 * for collapsed ones. Chen & He 2021, https://arxiv.org/abs/2011.10566, section 4.1; as lightly's std_of_l2_normalized.
 *
 * @throws UsageError for fewer than two rows
 */
export function stdOfNormalised(z: Features): { perDimension: Float64Array; mean: number } {
  const { data, rows, columns } = unitDoubles(z);
  needPairs('stdOfNormalised', rows);
  const perDimension = Float64Array.from({ length: columns }, (_, column) => {
    let sum = 0;
    for (let at = column; at < data.length; at += columns) sum += data[at]!;
    const mean = sum / rows;
    let squares = 0;
    for (let at = column; at < data.length; at += columns) squares += (data[at]! - mean) ** 2;
    return Math.sqrt(squares / (rows - 1));
  });
  return { perDimension, mean: perDimension.reduce((sum, value) => sum + value, 0) / columns };
}

/**
 * Effective rank of embeddings, between 1 and min(N, D):
 *
 *     RankMe(Z) = exp(−Σ_k p_k log p_k),   p_k = σ_k / Σσ + ε
 *
 * Garrido et al. 2023, https://arxiv.org/abs/2210.02885, eq. 2. By default of Z as it is, not centred, not normalised.
 *
 * @param z [N, D], min(N, D) <= 2048
 * @throws UsageError for bad features or a larger matrix
 */
export function rankMe(z: Features, { normalise = false, centre = false, epsilon = 1e-7 }: RankOptions = {}): number {
  checkFeatures('rankMe', z);
  const [rows, columns] = z.shape;
  const data = normalise ? unitDoubles(z).data : Float64Array.from(z.data);
  if (centre) {
    const means = columnMeans(z);
    for (let at = 0; at < data.length; at++) data[at]! -= means[at % columns]!;
  }
  return rankOfSingularValues(singularValues({ data, rows, columns }), epsilon);
}

/** RankMe of given singular values; 1 for a zero matrix. */
export function rankOfSingularValues(values: Float64Array, epsilon = 1e-7): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 1;
  let entropy = 0;
  for (const value of values) {
    const share = value / total + epsilon;
    entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

/**
 * Mean over rows of ‖u − v‖², u and v the normalised embeddings of two views of one sample: 0 when views agree, 2 when unrelated.
 * Wang & Isola 2020, https://arxiv.org/abs/2005.10242, eq. 4 with α = 2.
 *
 * @param z [N, D]
 * @param z2 [N, D], row n is the other view of row n of z
 * @throws UsageError where the shapes differ
 */
export function alignment(z: Features, z2: Features): number {
  if (z.shape.join() !== z2.shape.join())
    throw new UsageError(`alignment: views must share one shape, got [${z.shape.join()}] and [${z2.shape.join()}]`);
  const [u, v] = [unitDoubles(z), unitDoubles(z2)];
  let squares = 0;
  for (let at = 0; at < u.data.length; at++) squares += (u.data[at]! - v.data[at]!) ** 2;
  return squares / u.rows;
}

/**
 * Logarithm of the mean over pairs i < j of exp(−t ‖u_i − u_j‖²), u the normalised rows: 0 when collapsed, lower when spread.
 * Wang & Isola 2020, https://arxiv.org/abs/2005.10242, eq. 5. Takes N²D/2 multiplications in double precision.
 *
 * @throws UsageError for fewer than two rows
 */
export function uniformity(z: Features, t = 2): number {
  const { data, rows, columns } = unitDoubles(z);
  needPairs('uniformity', rows);
  let sum = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < i; j++) {
      let squares = 0;
      for (let k = 0; k < columns; k++) {
        const difference = data[i * columns + k]! - data[j * columns + k]!;
        squares += difference * difference;
      }
      sum += Math.exp(-t * squares);
    }
  return Math.log((2 * sum) / (rows * (rows - 1)));
}

function needPairs(name: string, rows: number): void {
  if (rows < 2) throw new UsageError(`${name}: needs two rows or more, got ${rows}`);
}

/** Rows of length 1 in double precision; a zero row stays zero. */
function unitDoubles(z: Features): { data: Float64Array; rows: number; columns: number } {
  checkFeatures('embeddings', z);
  const [rows, columns] = z.shape;
  const data = Float64Array.from(z.data);
  for (let n = 0; n < rows; n++) {
    const row = data.subarray(n * columns, (n + 1) * columns);
    const length = Math.max(Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)), 1e-12);
    for (let k = 0; k < columns; k++) row[k]! /= length;
  }
  return { data, rows, columns };
}
