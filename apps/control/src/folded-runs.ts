import { type FoldedCurves, foldedCurvesSchema, FormatError, keys, type RunHead } from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';

import type { Quantity, StepColumns } from './step-columns.ts';

type Segment = RunHead['metrics'][number];

/** Steps that are read from their segments quickly enough to do without. */
const fewSteps = 10_000;

/**
 * What metrics of runs are folded to, as one object beside each: a control that has just started reads it in place of the
 * segments, most of whose bytes no curve shows. It can be made again, so nothing depends on it.
 */
export class FoldedRuns {
  readonly #store: Pick<ObjectStore, 'get' | 'create' | 'delete' | 'list'>;
  readonly #stepsPerEntry: number;
  /** the last step in the object of each run */
  readonly #upTo = new Map<string, number>();

  constructor(store: Pick<ObjectStore, 'get' | 'create' | 'delete' | 'list'>, stepsPerEntry: number) {
    this.#store = store;
    this.#stepsPerEntry = stepsPerEntry;
  }

  /**
   * Segments of a run as they were folded before, by their keys.
   * @param missing what is wanted; where it is little, or nothing was kept, or that is damaged, there are none
   */
  async read(run: string, missing: readonly Segment[]): Promise<Map<string, StepColumns>> {
    if (stepsOf(missing) < fewSteps) return new Map();
    const key = await this.#newest(run);
    if (key === undefined) return new Map();
    try {
      const found = await getJson(this.#store, key, foldedCurvesSchema);
      if (found?.value.stepsPerEntry !== this.#stepsPerEntry) return new Map();
      this.#upTo.set(run, found.value.upTo);
      return new Map(found.value.segments.map((segment) => [segment.key, columnsOf(segment)]));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      await this.#store.delete(key); // the segments are read in its place, and it is written again
      return new Map();
    }
  }

  /** Keeps all segments of a run, once there are many more than were kept. @param folded as the head names them */
  async write({ run, metrics }: RunHead, folded: readonly StepColumns[]): Promise<void> {
    const last = metrics.at(-1);
    const keptUpTo = this.#upTo.get(run) ?? 0;
    if (!last || stepsOf(metrics.filter(({ from }) => from > keptUpTo)) < fewSteps) return;
    this.#upTo.set(run, last.to); // whatever comes of it: it is tried again when there are many more
    const text: FoldedCurves = {
      format: 'unlabel.folded-curves',
      version: 1,
      stepsPerEntry: this.#stepsPerEntry,
      upTo: last.to,
      segments: metrics.map((segment, i) => textOf(segment.key, folded[i] as StepColumns)),
    };
    const key = keys.foldedCurves(run, last.key);
    await this.#store.create(key, jsonBytes(text));
    for await (const { key: other } of this.#store.list(keys.foldedCurvesOf(run)))
      if (other < key) await this.#store.delete(other);
  }

  async #newest(run: string): Promise<string | undefined> {
    let newest: string | undefined;
    for await (const { key } of this.#store.list(keys.foldedCurvesOf(run))) newest = key;
    return newest;
  }
}

const stepsOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { from, to }) => sum + to - from + 1, 0);

type FoldedSegment = FoldedCurves['segments'][number];

const listed = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : value));
const textOf = (key: string, { step, epoch, at, quantities }: StepColumns): FoldedSegment => ({
  key,
  step: [...step],
  epoch: [...epoch],
  at: [...at],
  quantities: Object.fromEntries(
    [...quantities].map(([name, { sum, min, max, count }]) => [
      name,
      { sum: listed(sum), min: listed(min), max: listed(max), count: [...count] },
    ]),
  ),
});

const numbers = (values: readonly (number | null)[]): Float64Array =>
  Float64Array.from(values, (value) => value ?? Number.NaN);
const columnsOf = ({ step, epoch, at, quantities }: FoldedSegment): StepColumns => ({
  step: Uint32Array.from(step),
  epoch: Uint32Array.from(epoch),
  at: Float64Array.from(at),
  quantities: new Map(
    Object.entries(quantities).map(([name, { sum, min, max, count }]): [string, Quantity] => [
      name,
      { sum: numbers(sum), min: numbers(min), max: numbers(max), count: Uint32Array.from(count) },
    ]),
  ),
});
