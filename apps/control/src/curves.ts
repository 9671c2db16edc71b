import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';

import { type Curve, NotFoundError, type RunCurves, type RunHead, type StepMetrics } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

import { foldSteps, pointOf } from './fold-steps.ts';
import { FoldedRuns } from './folded-runs.ts';
import type { LiveRuns } from './live-runs.ts';
import { bytesOf, columnsOf, parseSegment, parseStep, type Quantity, type StepColumns } from './step-columns.ts';

/** What of a run's metrics is wanted. */
export interface CurvesWanted {
  /** about so many points at most */
  points: number;
  from?: number | undefined;
  to?: number | undefined;
}

type Segment = RunHead['metrics'][number];

/** Steps of an entry that every segment is kept folded to. Points of more steps are made of these alone. */
const coarseSteps = 64;
/** Two hundred runs of 100,000 steps take about 130 MB coarse; fine ones are of the runs that were looked at last. */
const coarseBytes = 160e6;
const fineBytes = 96e6;
/** Of the coarse bytes: beyond it nothing more is read ahead. */
const fullShare = 0.9;
/** Some are fetched while others are read; the store and the processor are left to other requests in between. */
const segmentsAtOnce = 4;
const keptLastSteps = 10_000;
const significantDigits = 7;

/**
 * Metrics of runs in few points. Segments are read once and kept folded, within a budget of bytes; they are written once, so
 * what was dropped is read again. Live steps are joined to them.
 */
export class Curves {
  readonly #store: ObjectStore;
  readonly #kept: FoldedRuns;
  readonly #live: Pick<LiveRuns, 'after'>;
  readonly #coarse: LRUCache<string, StepColumns>;
  readonly #fine: LRUCache<string, StepColumns>;
  readonly #last = new LRUCache<string, StepMetrics>({ max: keptLastSteps });
  readonly #reading = new Map<string, Promise<{ fine: StepColumns; coarse: StepColumns }>>();

  /** @param budget bytes that folded and unfolded segments may take */
  constructor(
    store: ObjectStore,
    live: Pick<LiveRuns, 'after'>,
    budget: { coarse: number; fine: number } = { coarse: coarseBytes, fine: fineBytes },
  ) {
    this.#store = store;
    this.#kept = new FoldedRuns(store, coarseSteps);
    this.#live = live;
    this.#coarse = new LRUCache({ maxSize: budget.coarse, sizeCalculation: bytesOf });
    this.#fine = new LRUCache({ maxSize: budget.fine, sizeCalculation: bytesOf });
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
    const parts = await this.#segments(head, touched, batch, stepsPerPoint >= coarseSteps);
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

  /** Segments of a run; many coarse ones are read from the one object that was kept of them. */
  async #segments(
    head: RunHead,
    touched: readonly Segment[],
    batch: number,
    isCoarse: boolean,
  ): Promise<StepColumns[]> {
    if (isCoarse) {
      const missing = touched.filter(({ key }) => !this.#coarse.has(key));
      for (const [key, columns] of await this.#kept.read(head.run, missing)) this.#coarse.set(key, columns);
    }
    const parts = await pLimit(segmentsAtOnce).map(touched, ({ key }) => this.#segment(key, batch, isCoarse));
    // Nobody waits for it, nor is anything lost where it can't be written.
    if (isCoarse && touched.length === head.metrics.length) void this.#kept.write(head, parts).catch(() => undefined);
    return parts;
  }

  async #segment(key: string, batch: number, isCoarse: boolean): Promise<StepColumns> {
    const known = (isCoarse ? this.#coarse : this.#fine).get(key);
    if (known) return known;
    const both = await this.#read(key, batch);
    return isCoarse ? both.coarse : both.fine;
  }

  /** Reads a segment; those who want it at the same time share the reading. */
  #read(key: string, batch: number): Promise<{ fine: StepColumns; coarse: StepColumns }> {
    const going = this.#reading.get(key);
    if (going) return going;
    const reading = (async () => {
      const text = new TextDecoder().decode(await this.#bytes(key));
      const fine = await parseSegment(text, batch, key);
      const coarse = foldSteps([fine], coarseSteps);
      this.#fine.set(key, fine);
      this.#coarse.set(key, coarse);
      return { fine, coarse };
    })().finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #bytes(key: string): Promise<Uint8Array> {
    const object = await this.#store.get(key);
    if (!object) throw new NotFoundError(`${key} does not exist in ${this.#store.describe()}`);
    return object.bytes;
  }
}

/** The rest is not decoded: a list of runs asks for the last line of each. @param bytes of lines that all end */
function lastLine(bytes: Uint8Array): string {
  const newline = 10;
  return new TextDecoder().decode(bytes.subarray(bytes.lastIndexOf(newline, bytes.length - 2) + 1)).trimEnd();
}

/** Steps of a point: above the size of coarse entries a multiple of it. */
function sizeOfPoint(steps: number, points: number): number {
  const size = Math.ceil(steps / points);
  return size < coarseSteps ? size : Math.ceil(size / coarseSteps) * coarseSteps;
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
