import { signal } from '@preact/signals';

import type { AskedProbe, RunDetail, UnlabelEvent } from '#lib/contracts';

import { client } from './client.ts';
import { onEvents, onGap } from './live.ts';
import { polled } from './polled.ts';
import { problem, problemOf } from './problem.ts';
import { CurvesOfRun } from './run-curves.ts';

/** Seldom: what the page shows meanwhile comes with events, and each checkpoint and each result makes it ask. */
const everyMs = 60_000;

/** How far a measurement is; by its step, kind and split. */
export type ProbeProgress = ReadonlyMap<string, { phase: string; done: number }>;
export const probeKey = ({ step, kind, split }: AskedProbe): string => `${step} ${kind} ${split}`;

/** Everything that the page of a run shows, as long as it is shown. */
export class RunState {
  readonly run: string;
  readonly detail;
  readonly log;
  readonly curves: CurvesOfRun;
  readonly recipe;
  /** measurements that are under way, as far as their workers tell */
  readonly progress = signal<ProbeProgress>(new Map());
  /** what of the detail that is shown the log tells of */
  #shown: string | undefined;

  constructor(run: string) {
    this.run = run;
    this.detail = polled(() => client.run(run), everyMs);
    this.log = polled(() => client.runLog(run), Infinity); // the detail tells when it may be another
    this.recipe = polled(() => client.runRecipe(run), Infinity);
    this.curves = new CurvesOfRun(
      (range) => client.curves(run, range),
      (error) => (problem.value = problemOf(error)),
    );
  }

  /** Fetches, listens, keeps fresh. @returns ends that */
  open(): () => void {
    const leave = [
      this.detail.watch(),
      this.log.watch(),
      this.recipe.watch(),
      onGap(() => void this.curves.refresh()),
      onEvents((events) => this.#receive(events)),
      this.detail.value.subscribe((detail) => detail && this.#show(detail)),
    ];
    void this.curves.refresh();
    return () => {
      for (const each of leave) each();
      this.curves.close();
    };
  }

  /** While a run trains its log follows from what its detail shows, too: then it is not asked for each time. */
  #show({ spec, head, probes, probesPending }: RunDetail): void {
    this.curves.setBatch(spec.batch);
    const shown = [head.updatedAt, probes.length, probesPending.length].join(' ');
    const mayBeOld = shown !== this.#shown || head.state !== 'running' || this.log.problem.peek() !== undefined;
    if (this.#shown !== undefined && mayBeOld) this.log.refresh();
    this.#shown = shown;
  }

  #receive(events: readonly UnlabelEvent[]): void {
    this.curves.receive(this.run, events);
    const progress = new Map(this.progress.value);
    let isStale = false;
    for (const event of events)
      if (event.type === 'run-state') isStale ||= event.run === this.run;
      else if (event.type === 'probe-progress' && event.target === this.run)
        progress.set(probeKey(event), { phase: event.phase, done: event.done });
      else if (event.type === 'probe-result' && event.target === this.run) {
        progress.delete(probeKey(event));
        isStale = true;
      }
    this.progress.value = progress;
    if (!isStale) return;
    this.detail.refresh();
    this.log.refresh();
  }
}
