import { computed, signal } from '@preact/signals';

import type { RunCurves, StepMetrics, UnlabelEvent } from '#lib/contracts';

import type { StepRange } from '../charts/chart-controls.tsx';
import { isRepeating, type Tail, withSteps, withTail } from '../charts/live-tail.ts';

type Fetch = (range: { points: number; from?: number; to?: number }) => Promise<RunCurves>;

/** About as many as a chart has pixels. */
const points = 1000;
/** So many live steps are folded by the page itself; then all is fetched again, in coarser points. */
const longestTail = 1000;
/** A person can't see more, and drawing a dozen charts takes a while. */
const drawEveryMs = 300;

/** A run's curves as a page shows them: all of them with the steps that come live, and finer ones where one zooms in. */
export class CurvesOfRun {
  readonly zoom = signal<StepRange | undefined>(undefined);
  readonly #fetch: Fetch;
  readonly #onProblem: (error: unknown) => void;
  readonly #whole = signal<RunCurves | undefined>(undefined);
  readonly #finer = signal<{ range: StepRange; curves: RunCurves } | undefined>(undefined);
  readonly #tail = signal<Tail>([]);
  readonly #batch = signal<number | undefined>(undefined);
  #waiting: StepMetrics[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFetching = false;

  constructor(fetch: Fetch, onProblem: (error: unknown) => void) {
    this.#fetch = fetch;
    this.#onProblem = onProblem;
  }

  /** Everything there is, to the last live step; undefined until it came. */
  readonly all = computed(() => {
    const [whole, batch] = [this.#whole.value, this.#batch.value];
    return whole && (batch === undefined ? whole : withTail(whole, this.#tail.value, batch));
  });

  /** What is drawn: finer points where they are there. */
  readonly shown = computed(() => {
    const [zoom, finer] = [this.zoom.value, this.#finer.value];
    const fits = zoom && finer && finer.range.from === zoom.from && finer.range.to === zoom.to;
    return fits ? finer.curves : this.all.value;
  });

  /** When its first step was, milliseconds since 1970. */
  readonly startMs = computed(() => this.all.value?.at[0]);

  /** Images of a step, by which live steps are read. */
  setBatch(batch: number): void {
    this.#batch.value = batch;
  }

  /** Fetches everything anew. */
  async refresh(): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      const whole = await this.#fetch({ points });
      const last = whole.step.at(-1) ?? 0;
      this.#tail.value = this.#tail.value.filter(({ step }) => step > last);
      this.#whole.value = whole;
    } catch (error) {
      this.#onProblem(error);
    }
    this.#isFetching = false;
  }

  /** Shows a range of steps in all charts, with finer points as soon as they come. */
  async zoomTo(range: StepRange | undefined): Promise<void> {
    this.zoom.value = range;
    if (!range) return;
    try {
      const curves = await this.#fetch({ points, ...range });
      if (this.zoom.value === range && curves.step.length > 1) this.#finer.value = { range, curves };
    } catch (error) {
      this.#onProblem(error);
    }
  }

  /** Takes a frame's events. */
  receive(run: string, events: readonly UnlabelEvent[]): void {
    for (const event of events) if (event.type === 'run-step' && event.run === run) this.#waiting.push(event.metrics);
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#take(), drawEveryMs);
  }

  /** Ends what it has under way. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #take(): void {
    this.#timer = undefined;
    const whole = this.#whole.value;
    const tail = withSteps(this.#tail.value, this.#waiting);
    this.#waiting = [];
    this.#tail.value = tail;
    if (whole && isRepeating(whole, tail)) {
      const first = tail[0]?.step ?? 0;
      // Until everything was fetched anew, the attempt before ends where this one began.
      this.#whole.value = cutBefore(whole, first);
      void this.refresh();
    } else if (tail.length > longestTail) void this.refresh();
  }
}

/** Curves without the points from a step on. */
function cutBefore(curves: RunCurves, step: number): RunCurves {
  const kept = curves.step.findIndex((each) => each >= step);
  if (kept < 0) return curves;
  const cut = <T>(values: T[]): T[] => values.slice(0, kept);
  return {
    ...curves,
    step: cut(curves.step),
    epoch: cut(curves.epoch),
    at: cut(curves.at),
    curves: Object.fromEntries(
      Object.entries(curves.curves).map(([name, { mean, min, max }]) => [
        name,
        { mean: cut(mean), min: cut(min), max: cut(max) },
      ]),
    ),
  };
}
