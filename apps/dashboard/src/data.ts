import { signal } from '@preact/signals';

import { ControlClient } from '#lib/client';
import type { DatasetSummary, RunDetail, RunSummary, StepMetrics, UnlabelEvent } from '#lib/contracts';

export const client = new ControlClient('');

export const runs = signal<RunSummary[]>([]);
export const datasets = signal<DatasetSummary[]>([]);
export const chosen = signal<string | undefined>(location.hash.slice(1) || undefined);
export const detail = signal<RunDetail | undefined>(undefined);
export const metrics = signal<StepMetrics[]>([]);
export const problem = signal<string | undefined>(undefined);

/** Adds a step; a later attempt repeats steps, which then replace what was there. */
export function appendStep(steps: StepMetrics[], step: StepMetrics): StepMetrics[] {
  const kept = (steps.at(-1)?.step ?? 0) < step.step ? steps : steps.filter((known) => known.step < step.step);
  return [...kept, step];
}

/** Shows a run, and its address can be shared. */
export async function choose(run: string): Promise<void> {
  location.hash = run;
  if (chosen.value !== run) metrics.value = [];
  chosen.value = run;
  detail.value = await client.run(run);
  metrics.value = (await client.metrics(run)).metrics;
}

async function refresh(): Promise<void> {
  [runs.value, datasets.value] = await Promise.all([client.runs(), client.datasets()]);
  const run = chosen.value ?? runs.value[0]?.run;
  if (run === undefined) return;
  if (chosen.value === undefined) await choose(run);
  else detail.value = await client.run(run);
  problem.value = undefined;
}

function receive(event: UnlabelEvent): void {
  if (event.type === 'run-step') {
    if (event.run === chosen.value) metrics.value = appendStep(metrics.value, event.metrics);
    const live = { step: event.metrics.step, loss: event.metrics.loss, imagesPerSecond: event.metrics.imagesPerSecond };
    runs.value = runs.value.map((run) => (run.run === event.run ? { ...run, ...live } : run));
  } else if (event.type !== 'block-ready' && event.type !== 'ingest-part') void guarded(refresh);
}

async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

const refreshEveryMs = 5000;
const reconnectMs = 2000;

/** Keeps the page live: events as they come, everything again every few seconds, through restarts of control. */
export function keepLive(): void {
  void guarded(async () => {
    await refresh();
    if (chosen.value !== undefined) await choose(chosen.value);
  });
  setInterval(() => void guarded(refresh), refreshEveryMs);
  void (async () => {
    for (;;) {
      await guarded(async () => {
        for await (const event of client.events()) receive(event);
      });
      await new Promise((resolve) => setTimeout(resolve, reconnectMs));
    }
  })();
}
