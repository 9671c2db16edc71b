import type { ReadonlySignal } from '@preact/signals';

import type { RunDetail } from '#lib/contracts';

import { client } from './client.ts';
import { onEvents, onGap } from './live.ts';
import { type Polled, polled } from './polled.ts';
import { problem, problemOf } from './problem.ts';
import { CurvesOfRun } from './run-curves.ts';

const everyMs = 30_000;

/** A run beside others: what it is, and its curves, live. */
export class ComparedRun {
  readonly run: string;
  readonly curves: CurvesOfRun;
  readonly #detail: Polled<RunDetail>;

  constructor(run: string) {
    this.run = run;
    this.#detail = polled(() => client.run(run), everyMs);
    this.curves = new CurvesOfRun(
      (range) => client.curves(run, range),
      (error) => (problem.value = problemOf(error)),
    );
  }

  get detail(): ReadonlySignal<RunDetail | undefined> {
    return this.#detail.value;
  }

  /** @returns ends it */
  open(): () => void {
    const leave = [
      this.#detail.watch(),
      onGap(() => void this.curves.refresh()),
      onEvents((events) => this.curves.receive(this.run, events)),
      this.detail.subscribe((detail) => detail && this.curves.setBatch(detail.spec.batch)),
    ];
    void this.curves.refresh();
    return () => {
      for (const each of leave) each();
      this.curves.close();
    };
  }
}
