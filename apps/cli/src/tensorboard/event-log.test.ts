import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { ControlClient } from '#lib/client';
import type { StepMetrics } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { eventFilePath } from './event-file.ts';
import { EventLog } from './event-log.ts';
import { readEvents, stepOf } from './read-events.fixture.ts';

const createdAt = '2026-01-01T00:00:00.000Z';

/** A control whose run has these metrics, and what a probe found at step 4. */
function controlWith(metrics: StepMetrics[]): ControlClient {
  const probe = {
    encoder: { kind: 'checkpoint', run: 'a', step: 4 },
    kind: 'linear',
    measuredOn: { split: 'eval' },
    top1: 0.5,
    macro: { f1: 0.25 },
  };
  return {
    run: async () => ({ summary: { createdAt }, probes: [probe, { encoder: { kind: 'untrained', run: 'a' } }] }),
    metrics: async () => ({ run: 'a', metrics }),
  } as unknown as ControlClient;
}

test('steps are added as they come, each once; at the end all are there, with what was measured', async () => {
  await using folder = await temporaryFolder('event-log');
  const metrics = [stepOf(1), stepOf(2)];
  const log = await EventLog.open(controlWith(metrics), 'a', folder.path);
  const steps = async () =>
    readEvents(await readFile(eventFilePath(folder.path, 'a', createdAt))).map(({ step }) => step);
  expect(await steps()).toEqual([0, 1, 2]);
  log.add([stepOf(2), stepOf(4)]);
  log.add([stepOf(3), stepOf(4)]); // a later attempt repeats steps
  log.add([stepOf(5)]);
  await expect.poll(steps).toEqual([0, 1, 2, 4, 5]);
  metrics.push(stepOf(3), stepOf(4), stepOf(5));
  await log.close();
  const events = readEvents(await readFile(eventFilePath(folder.path, 'a', createdAt)));
  expect(events.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 4, 4, 5]);
  const measured = events.filter(({ step, scalars }) => step === 4 && !scalars.has('loss'));
  expect(measured.map(({ scalars }) => [...scalars])).toEqual([
    [['eval_probes/linear_top1', 0.5]],
    [['eval_probes/linear_macro_f1', 0.25]],
  ]);
  expect(measured[0]?.wallTime).toBe(stepOf(4).at / 1000);
});

test('a folder that can not be written to is refused before anything is followed', async () => {
  await using folder = await temporaryFolder('event-log');
  const file = join(folder.path, 'a-file');
  await writeFile(file, '');
  await expect(EventLog.open(controlWith([]), 'a', file)).rejects.toThrow(
    expect.objectContaining({ field: 'output', remedy: expect.stringContaining('can be written to') }),
  );
});
