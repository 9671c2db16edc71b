import { signal } from '@preact/signals';

import type { DatasetSummary, RunSummary, UnlabelEvent } from '#lib/contracts';

import { client } from './client.ts';
import { onEvents } from './live.ts';
import { polled } from './polled.ts';

const everyMs = 15_000;

/** Every run, newest first. */
export const runList = polled(() => client.runs(), everyMs);
/** Every dataset. */
export const datasetList = polled<DatasetSummary[]>(() => client.datasets(), everyMs);

/** What events told since the list was fetched. */
export type LiveFigures = Pick<RunSummary, 'step' | 'loss' | 'imagesPerSecond'>;
const live = signal<ReadonlyMap<string, LiveFigures>>(new Map());

/** The list with what events told since. */
export const liveRuns = (): RunSummary[] | undefined =>
  runList.value.value?.map((run) => {
    const figures = live.value.get(run.run);
    return figures && run.state === 'running' && figures.step > run.step ? { ...run, ...figures } : run;
  });

/** Takes a frame's events: steps are shown at once, states and probes have the list fetched again. */
export function receive(events: readonly UnlabelEvent[]): void {
  const next = new Map(live.value);
  for (const event of events)
    if (event.type === 'run-step') {
      const { step, loss, imagesPerSecond } = event.metrics;
      next.set(event.run, { step, loss, imagesPerSecond });
    }
  if (events.some(({ type }) => type === 'run-step')) live.value = next;
  if (events.some(({ type }) => type === 'run-state' || type === 'probe-result')) runList.refresh();
  if (events.some(({ type }) => type.startsWith('ingest') || type === 'dataset-ready')) datasetList.refresh();
}

onEvents(receive);
