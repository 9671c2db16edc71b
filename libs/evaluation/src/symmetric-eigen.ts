import { UsageError } from '#lib/contracts';

import { largestMagnitude } from './vector.ts';

/** Largest matrix taken: its time grows with the cube. */
export const largestEigenSize = 2048;

export interface SymmetricEigen {
  /** Falling, [n]. */
  values: Float64Array;
  /** Row i is the unit eigenvector of value i, [n, n]; left out when not asked for. */
  vectors?: Float64Array;
}

/**
 * Eigenvalues, and on request eigenvectors, of a symmetric matrix in double precision: Householder's reduction to tridiagonal form, then
 * implicit QL (Golub & Van Loan, Matrix Computations, 8.3; EISPACK tred2 and imtql2, here with rows in memory order).
 * Errors are about 1e-15 of the largest eigenvalue.
 *
 * @param matrix [n, n] row-major; only its lower triangle is read
 * @throws UsageError for n above 2048
 */
export function symmetricEigen(matrix: Float64Array, n: number, withVectors: boolean): SymmetricEigen {
  if (n > largestEigenSize)
    throw new UsageError(`symmetricEigen: ${n} × ${n} is too large, at most ${largestEigenSize}`, {
      remedy: `use at most ${largestEigenSize} rows or columns`,
    });
  const largest = largestMagnitude(matrix);
  if (!Number.isFinite(largest)) throw new UsageError('symmetricEigen: the matrix has values that are not finite');
  const scale = largest === 0 ? 1 : largest;
  // With largest entry 1, products of entries that matter neither underflow nor overflow.
  const { diagonal, offDiagonal, reflectors, halves } = tridiagonalise(
    matrix.map((value) => value / scale),
    n,
  );
  const z = withVectors ? identity(n) : undefined;
  implicitQl(diagonal, offDiagonal, z);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const values = Float64Array.from(order, (i) => diagonal[i]! * scale);
  if (!z) return { values };
  const vectors = new Float64Array(n * n);
  for (const [to, from] of order.entries()) {
    const vector = vectors.subarray(to * n, (to + 1) * n);
    vector.set(z.subarray(from * n, (from + 1) * n));
    reflect(vector, reflectors, halves);
  }
  return { values, vectors };
}

/** Square of entries that are nothing beside 1 in double precision. */
const negligible = 1e-200;

interface Tridiagonal {
  diagonal: Float64Array;
  /** Entry i is beside diagonal i and i + 1; the last is 0. */
  offDiagonal: Float64Array;
  /** Row i holds Householder's vector u of step i in its first i entries. */
  reflectors: Float64Array;
  /** uᵀu / 2 of step i; 0 where nothing was to reflect. */
  halves: Float64Array;
}

/** A ← H A H with H = I − u uᵀ / h for rows n − 1 … 1, each clearing its row left of the off-diagonal. Overwrites `a`. */
function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const halves = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const u = a.subarray(i * n, i * n + i);
    diagonal[i] = a[i * n + i]!;
    const last = u[i - 1]!;
    let squares = 0;
    let beside = 0;
    for (let j = 0; j < i; j++) squares += u[j]! * u[j]!;
    for (let j = 0; j < i - 1; j++) beside += u[j]! * u[j]!;
    if (beside < negligible) {
      offDiagonal[i - 1] = last;
      continue;
    }
    const target = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    offDiagonal[i - 1] = target;
    u[i - 1] = last - target;
    halves[i] = squares - last * target;
    symmetricUpdate(a, n, { u, size: i, half: halves[i]!, p });
  }
  diagonal[0] = a[0] ?? 0;
  return { diagonal, offDiagonal, reflectors: a, halves };
}

/** Lower triangle of the leading `size` rows: A ← A − u qᵀ − q uᵀ, q = A u / h − (uᵀ A u / 2 h²) u. */
function symmetricUpdate(
  a: Float64Array,
  n: number,
  { u, size, half, p }: { u: Float64Array; size: number; half: number; p: Float64Array },
): void {
  p.fill(0, 0, size);
  for (let j = 0; j < size; j++) {
    const row = a.subarray(j * n, j * n + j);
    const uj = u[j]!;
    let sum = a[j * n + j]! * uj;
    for (let k = 0; k < j; k++) {
      const value = row[k]!;
      sum += value * u[k]!;
      p[k]! += value * uj;
    }
    p[j]! += sum;
  }
  let inner = 0;
  for (let j = 0; j < size; j++) inner += p[j]! * u[j]!;
  const along = inner / half / half / 2;
  for (let j = 0; j < size; j++) p[j] = p[j]! / half - along * u[j]!;
  for (let j = 0; j < size; j++) {
    const row = a.subarray(j * n, j * n + j + 1);
    const [uj, qj] = [u[j]!, p[j]!];
    for (let k = 0; k <= j; k++) row[k]! -= uj * p[k]! + qj * u[k]!;
  }
}

/** Brings an eigenvector of the tridiagonal matrix back to the original one: the reflections in rising order. */
function reflect(vector: Float64Array, reflectors: Float64Array, halves: Float64Array): void {
  const n = vector.length;
  for (let i = 1; i < n; i++) {
    if (halves[i] === 0) continue;
    const u = reflectors.subarray(i * n, i * n + i);
    let along = 0;
    for (let j = 0; j < i; j++) along += u[j]! * vector[j]!;
    along /= halves[i]!;
    for (let j = 0; j < i; j++) vector[j]! -= along * u[j]!;
  }
}

/** QL with implicit shifts: d becomes the eigenvalues, and rows of z are rotated along into eigenvectors. */
function implicitQl(d: Float64Array, e: Float64Array, z: Float64Array | undefined): void {
  const n = d.length;
  const norm = d.reduce((most, value, i) => Math.max(most, Math.abs(value) + Math.abs(e[i]!)), 0);
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * norm) m++;
      if (m === l) break;
      // Each eigenvalue takes about two sweeps.
      if (sweep === 100) throw new UsageError(`symmetricEigen: eigenvalue ${l} of ${n} did not converge`);
      qlSweep(d, e, { l, m, z });
    }
  }
}

/** One implicit sweep over the unreduced block l … m. */
function qlSweep(
  d: Float64Array,
  e: Float64Array,
  { l, m, z }: { l: number; m: number; z: Float64Array | undefined },
): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.sqrt(half * half + 1);
  let g = d[m]! - d[l]! + e[l]! / (half + (half < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= shift; // the block splits here
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1]! - shift;
    const t = (d[i]! - g) * sine + 2 * cosine * b;
    shift = sine * t;
    d[i + 1] = g + shift;
    g = cosine * t - b;
    if (z) rotateRows(z, i, { n: d.length, sine, cosine });
  }
  d[l]! -= shift;
  e[l] = g;
  e[m] = 0;
}

function rotateRows(
  z: Float64Array,
  i: number,
  { n, sine, cosine }: { n: number; sine: number; cosine: number },
): void {
  for (let a = i * n, b = a + n, end = b; a < end; a++, b++) {
    const [upper, lower] = [z[a]!, z[b]!];
    z[b] = sine * upper + cosine * lower;
    z[a] = cosine * upper - sine * lower;
  }
}

function identity(n: number): Float64Array {
  const z = new Float64Array(n * n);
  for (let i = 0; i < n; i++) z[i * n + i] = 1;
  return z;
}
