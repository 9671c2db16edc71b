import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { StepMetrics } from '#lib/contracts';

import { columns, termColumns } from '../metrics/columns.ts';
import { writeOutput } from '../output/write-output.ts';
import { type ScalarEvent, scalarRecord, versionRecord } from './event-record.ts';

/** A number of the run at a step that is no metric of it: what a probe found. */
export interface MeasuredScalar {
  at: number;
  step: number;
  tag: string;
  value: number;
}

/** Where a run's event file lies: TensorBoard shows each folder below its own as a run. One name, so that writing it again replaces it. */
export const eventFilePath = (folder: string, run: string, createdAt: string): string =>
  join(folder, run, `events.out.tfevents.${Math.floor(Date.parse(createdAt) / 1000)}.unlabel`);

/** The numbers of a step, under their tags. */
export function scalarsOf(metrics: StepMetrics): ScalarEvent {
  const all = [...columns, ...termColumns(Object.keys(metrics.terms))];
  const values = all.flatMap(({ tag, value }) => {
    const found = tag === undefined ? undefined : value(metrics);
    return tag !== undefined && typeof found === 'number' ? [[tag, found] as const] : [];
  });
  return { at: metrics.at, step: metrics.step, values };
}

/**
 * Writes a run's event file anew, with all that is known of it.
 * @param measured what probes found; shown at the step that they measured
 * @throws UsageError for a folder that can't be written to
 */
export async function writeEventFile(
  path: string,
  metrics: readonly StepMetrics[],
  measured: readonly MeasuredScalar[],
): Promise<void> {
  const events = [
    ...metrics.map(scalarsOf),
    ...measured.map(({ at, step, tag, value }) => ({ at, step, values: [[tag, value] as const] })),
  ];
  // Readers take a step that is lower than one before for a run that began again.
  events.sort((a, b) => a.step - b.step);
  const records = [versionRecord(events[0]?.at ?? 0), ...events.map(scalarRecord)];
  await writeOutput(path, Buffer.concat(records));
}

/** Adds steps to a file that was begun. */
export const appendEvents = (path: string, metrics: readonly StepMetrics[]): Promise<void> =>
  appendFile(path, Buffer.concat(metrics.map((step) => scalarRecord(scalarsOf(step)))));
