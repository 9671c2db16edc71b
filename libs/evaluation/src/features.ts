import { UsageError } from '#lib/contracts';

/** Frozen features of one split, row-major: row n is sample n. */
export interface Features {
  data: Float32Array;
  /** [N, D] */
  shape: readonly [number, number];
}

export interface LabelledFeatures extends Features {
  /** Class number of each row, 0 .. classes - 1. */
  labels: Int32Array;
}

/** Labelled features whose rows are known by their sample ids, so that parts of them can be chosen by hash. */
export interface IdentifiedFeatures extends LabelledFeatures {
  /** Sample id of each row. */
  ids: readonly string[];
}

/** Where a long computation is: `done` goes from 0 to 1 within a phase. */
export interface Progress {
  phase: string;
  done: number;
}
export type OnProgress = (progress: Progress) => void;

/**
 * @param name of the split, for messages
 * @throws UsageError for no rows, data that don't fill the shape, or a value that is not finite (named by row and column)
 */
export function checkFeatures(name: string, { data, shape }: Features): void {
  const [rows, columns] = shape;
  if (rows === 0)
    throw new UsageError(`${name}: no samples, a probe needs at least one`, {
      remedy: 'use a dataset whose splits train and eval both have samples',
    });
  if (columns === 0 || data.length !== rows * columns)
    throw new UsageError(`${name}: ${data.length} values, the shape [${shape.join(', ')}] needs ${rows * columns}`);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new UsageError(
      `${name}: row ${Math.floor(bad / columns)}, column ${bad % columns} is ${data[bad]}, expected finite features`,
      { remedy: 'the encoder diverged or an image was not read: probe an earlier checkpoint' },
    );
}

/**
 * As `checkFeatures`, and every row has a class.
 * @throws UsageError, too, where labels and rows differ in number or a label is no class
 */
export function checkLabelled(name: string, features: LabelledFeatures, classes: number): void {
  checkFeatures(name, features);
  checkLabels(name, features.labels, features.shape[0], classes);
}

/** @throws UsageError where labels and rows differ in number or a label is outside 0 .. classes - 1 */
export function checkLabels(name: string, labels: ArrayLike<number>, rows: number, classes: number): void {
  if (labels.length !== rows) throw new UsageError(`${name}: ${labels.length} labels for ${rows} rows`);
  for (let row = 0; row < rows; row++) {
    const label = labels[row] as number;
    if (label === -1)
      throw new UsageError(`${name}: row ${row} has no class; a probe needs one for every image`, {
        remedy: 'ingest the images in folders named after their classes',
      });
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new UsageError(`${name}: the label of row ${row} is ${label}, allowed are 0 .. ${classes - 1}`);
  }
}

/** @throws UsageError where two splits have features of different width */
export function checkSameWidth(nameA: string, a: Features, nameB: string, b: Features): void {
  if (a.shape[1] !== b.shape[1])
    throw new UsageError(
      `${nameA} has ${a.shape[1]} features a row and ${nameB} has ${b.shape[1]}: both must come from one encoder`,
    );
}

/** The given rows, in the given order. */
export function selectRows(features: IdentifiedFeatures, rows: Int32Array): IdentifiedFeatures {
  const columns = features.shape[1];
  const data = new Float32Array(rows.length * columns);
  for (const [to, from] of rows.entries())
    data.set(features.data.subarray(from * columns, (from + 1) * columns), to * columns);
  return {
    data,
    shape: [rows.length, columns],
    labels: rows.map((row) => features.labels[row]!),
    ids: Array.from(rows, (row) => features.ids[row]!),
  };
}

/** Numbers of the classes that occur, rising. */
export function presentClasses(labels: Int32Array): Int32Array {
  return Int32Array.from(new Set(labels)).sort();
}

/** Mean of each column in double precision, [D]. */
export function columnMeans({ data, shape: [rows, columns] }: Features): Float64Array {
  const means = new Float64Array(columns);
  for (let at = 0; at < data.length; at += columns)
    for (let column = 0; column < columns; column++) means[column]! += data[at + column]!;
  return means.map((sum) => sum / rows);
}

/**
 * Rows [from, to) with length 1, x / max(‖x‖₂, ε) as torch.nn.functional.normalize; a zero row stays zero. Norms are taken in
 * double precision, so that multiples of one vector become the same row.
 *
 * @param means subtracted first, [D]
 * @returns [to - from, D]
 */
export function unitRows(
  { data, shape: [rows, columns] }: Features,
  { from = 0, to = rows, means }: { from?: number; to?: number; means?: Float64Array | undefined } = {},
): Float32Array {
  const unit = new Float32Array((to - from) * columns);
  const row = new Float64Array(columns);
  for (let n = from; n < to; n++) {
    let squares = 0;
    for (let column = 0; column < columns; column++) {
      const value = data[n * columns + column]! - (means ? means[column]! : 0);
      row[column] = value;
      squares += value * value;
    }
    const length = Math.max(Math.sqrt(squares), 1e-12);
    for (let column = 0; column < columns; column++) unit[(n - from) * columns + column] = row[column]! / length;
  }
  return unit;
}

/** [0, rows) in consecutive pieces of at most `size` rows. */
export function* rowChunks(rows: number, size: number): Generator<{ from: number; to: number }> {
  const step = Math.max(1, Math.floor(size));
  for (let from = 0; from < rows; from += step) yield { from, to: Math.min(rows, from + step) };
}
