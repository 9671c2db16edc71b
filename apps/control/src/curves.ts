import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';

import { type Curve, NotFoundError, type RunCurves, type RunHead, type StepMetrics } from '#lib/contracts';
import { bytesOf, columnsOf, foldSteps, pointOf, type Quantity, type StepColumns, stepsPerEntry } from '#lib/curves';
import type { ObjectStore } from '#lib/storage';

import { FoldedSegments } from './folded-segments.ts';
import type { LiveRuns } from './live-runs.ts';
import { parseSegment, parseStep } from './parse-segment.ts';

/** What of a run's metrics is wanted. */
export interface CurvesWanted {
  /** about so many points at most */
  points: number;
  from?: number | undefined;
  to?: number | undefined;
}

type Segment = RunHead['metrics'][number];
type BothColumns = Record<'fine' | 'coarse', StepColumns>;

/** Two hundred runs of 100,000 steps take about 130 MB coarse; fine ones are of the runs that were looked at last. */
const coarseBytes = 160e6;
const fineBytes = 96e6;
/** Of the coarse bytes: beyond it nothing more is read ahead. */
const fullShare = 0.9;
/** A store that is far away takes tens of milliseconds for each, and has to be left to other requests, too. */
const segmentsAtOnce = 16;
const keptLastSteps = 10_000;
const significantDigits = 7;

/**
 * Metrics of runs in few points. Segments are read once and kept folded, within a budget of bytes; they are written once, so
 * what was dropped is read again. Live steps are joined to them.
 */
export class Curves {
  readonly #store: ObjectStore;
  readonly #folded: FoldedSegments;
  readonly #live: Pick<LiveRuns, 'after'>;
  readonly #coarse: LRUCache<string, StepColumns>;
  readonly #fine: LRUCache<string, StepColumns>;
  readonly #last = new LRUCache<string, StepMetrics>({ max: keptLastSteps });
  readonly #reading = {
    coarse: new Map<string, Promise<StepColumns>>(),
    fine: new Map<string, Promise<BothColumns>>(),
  };

  /** @param budget bytes that folded (`coarse`) and unfolded (`fine`) segments may take */
  constructor(
    store: ObjectStore,
    live: Pick<LiveRuns, 'after'>,
    { coarse = coarseBytes, fine = fineBytes }: { coarse?: number; fine?: number } = {},
  ) {
    this.#store = store;
    this.#folded = new FoldedSegments(store);
    this.#live = live;
    this.#coarse = new LRUCache({ maxSize: coarse, sizeCalculation: bytesOf });
    this.#fine = new LRUCache({ maxSize: fine, sizeCalculation: bytesOf });
  }

  /** Whether the segments of another run fit in without dropping those of one that was read. */
  get hasRoom(): boolean {
    return this.#coarse.calculatedSize < fullShare * this.#coarse.maxSize;
  }

  /** Bytes that are kept. */
  get sizeBytes(): number {
    return this.#coarse.calculatedSize + this.#fine.calculatedSize;
  }

  /**
   * Curves of a range in about so many points. Points are whole, so the first and the last one may reach beyond the range.
   * @param batch of the run's spec
   */
  async of(head: RunHead, batch: number, { points, from = 1, to = Infinity }: CurvesWanted): Promise<RunCurves> {
    const live = this.#live.after(head.run, head.metrics.at(-1)?.to ?? 0);
    const first = Math.max(from, head.metrics[0]?.from ?? live[0]?.step ?? 1);
    const last = Math.min(to, live.at(-1)?.step ?? head.metrics.at(-1)?.to ?? 0);
    if (last < first) return { run: head.run, steps: 0, stepsPerPoint: 1, step: [], epoch: [], at: [], curves: {} };
    const stepsPerPoint = sizeOfPoint(last - first + 1, points);
    const within = [pointOf(first, stepsPerPoint), pointOf(last, stepsPerPoint)] as const;
    const touched = head.metrics.filter(
      (segment) => pointOf(segment.to, stepsPerPoint) >= within[0] && pointOf(segment.from, stepsPerPoint) <= within[1],
    );
    const parts = await pLimit(segmentsAtOnce).map(touched, ({ key }) =>
      stepsPerPoint < stepsPerEntry ? this.#fineOf(key, batch) : this.#coarseOf(head.run, key, batch),
    );
    const folded = foldSteps([...parts, columnsOf(live, batch)], stepsPerPoint, within);
    const steps = stepsWithin(head.metrics, live, first, last);
    return answer(head.run, steps, stepsPerPoint, folded);
  }

  /** The last step that a run committed; undefined before its first segment. */
  async lastStep(head: RunHead): Promise<StepMetrics | undefined> {
    const key = head.metrics.at(-1)?.key;
    if (key === undefined) return undefined;
    const known = this.#last.get(key);
    if (known) return known;
    const step = parseStep(lastLine(await this.#bytes(key)), key);
    this.#last.set(key, step);
    return step;
  }

  async #coarseOf(run: string, key: string, batch: number): Promise<StepColumns> {
    return this.#coarse.get(key) ?? shared(this.#reading.coarse, key, () => this.#readFolded(run, key, batch));
  }

  async #fineOf(key: string, batch: number): Promise<StepColumns> {
    return this.#fine.get(key) ?? (await this.#read(key, batch)).fine;
  }

  /** A segment as it was folded before; where that is gone it is read, and kept folded again. */
  async #readFolded(run: string, key: string, batch: number): Promise<StepColumns> {
    const known = await this.#folded.read(run, key);
    if (known) {
      this.#coarse.set(key, known);
      return known;
    }
    const { coarse } = await this.#read(key, batch);
    // Nobody waits for it, nor is anything lost where it can't be written.
    void this.#folded.keep(run, key, coarse).catch(() => undefined);
    return coarse;
  }

  #read(key: string, batch: number): Promise<BothColumns> {
    return shared(this.#reading.fine, key, async () => {
      const text = new TextDecoder().decode(await this.#bytes(key));
      const fine = columnsOf(await parseSegment(text, key), batch);
      const coarse = foldSteps([fine], stepsPerEntry);
      this.#fine.set(key, fine);
      this.#coarse.set(key, coarse);
      return { fine, coarse };
    });
  }

  async #bytes(key: string): Promise<Uint8Array> {
    const object = await this.#store.get(key);
    if (!object) throw new NotFoundError(`${key} does not exist in ${this.#store.describe()}`);
    return object.bytes;
  }
}

/** Those who want the same at the same time share the reading. */
function shared<T>(going: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const known = going.get(key);
  if (known) return known;
  const reading = read().finally(() => going.delete(key));
  going.set(key, reading);
  return reading;
}

/** The rest is not decoded: a list of runs asks for the last line of each. @param bytes of lines that all end */
function lastLine(bytes: Uint8Array): string {
  const newline = 10;
  return new TextDecoder().decode(bytes.subarray(bytes.lastIndexOf(newline, bytes.length - 2) + 1)).trimEnd();
}

/** Steps of a point: above the size of coarse entries a multiple of it. */
function sizeOfPoint(steps: number, points: number): number {
  const size = Math.ceil(steps / points);
  return size < stepsPerEntry ? size : Math.ceil(size / stepsPerEntry) * stepsPerEntry;
}

const stepsWithin = (segments: readonly Segment[], live: readonly StepMetrics[], first: number, last: number): number =>
  segments.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, last) - Math.max(from, first) + 1), 0) +
  live.filter(({ step }) => step >= first && step <= last).length;

function answer(run: string, steps: number, stepsPerPoint: number, folded: StepColumns): RunCurves {
  return {
    run,
    steps,
    stepsPerPoint,
    step: [...folded.step],
    epoch: [...folded.epoch],
    at: [...folded.at],
    curves: Object.fromEntries([...folded.quantities].map(([name, quantity]) => [name, curve(quantity)])),
  };
}

const curve = ({ sum, min, max, count }: Quantity): Curve => ({
  mean: Array.from(sum, (total, i) => shown(total / (count[i] as number))),
  min: Array.from(min, shown),
  max: Array.from(max, shown),
});

/** As many digits as a chart can show: they are most of the answer's bytes. */
const shown = (value: number): number | null =>
  Number.isNaN(value) ? null : Number.isInteger(value) ? value : Number(value.toPrecision(significantDigits));
