import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { RunCurves } from '#lib/contracts';

import { probeOf, runDetail } from '../run/run-detail.fixture.ts';

const client = vi.hoisted(() => ({ run: vi.fn(), runLog: vi.fn(), runRecipe: vi.fn(), curves: vi.fn() }));
vi.mock('./client.ts', () => ({ client }));
vi.mock('./live.ts', () => ({ onEvents: () => () => undefined, onGap: () => () => undefined }));
vi.stubGlobal('document', { hidden: false });

const { RunState } = await import('./run-state.ts');

const nothing: RunCurves = { run: 'one', steps: 0, stepsPerPoint: 1, step: [], epoch: [], at: [], curves: {} };
const running = runDetail({ state: 'running' });
const minuteMs = 60_000;

/** A page of a run that was open for a minute, and what it asked for so far. */
async function opened(first = running) {
  client.run.mockImplementation(async () => structuredClone(first));
  client.runLog.mockResolvedValue({ run: 'one', entries: [] });
  client.runRecipe.mockResolvedValue({});
  client.curves.mockResolvedValue(nothing);
  leave = new RunState('one').open();
  await vi.advanceTimersByTimeAsync(minuteMs / 2);
  vi.clearAllMocks();
}

let leave = () => undefined as void;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  leave();
  vi.useRealTimers();
});

test('each minute the page of a run that trains asks how the run is, and not for its log', async () => {
  await opened();
  await vi.advanceTimersByTimeAsync(5 * minuteMs);
  expect(client.run).toHaveBeenCalledTimes(5);
  expect(client.runLog).not.toHaveBeenCalled();
});

test.each([
  ['a checkpoint', runDetail({ state: 'running', updatedAt: '2026-01-01T01:00:00.000Z' })],
  ['a result', runDetail({ state: 'running' }, { probes: [probeOf(5, 'knn')] })],
])('where no event told of %s, the log is asked for once it is seen', async (_, later) => {
  await opened();
  client.run.mockImplementation(async () => structuredClone(later));
  await vi.advanceTimersByTimeAsync(3 * minuteMs);
  expect(client.runLog).toHaveBeenCalledTimes(1);
});

test('the log of a run that does not train is asked for with the run', async () => {
  await opened(runDetail({ state: 'queued' }));
  await vi.advanceTimersByTimeAsync(3 * minuteMs);
  expect(client.runLog).toHaveBeenCalledTimes(3);
});

test('a log that could not be fetched is asked for again until it comes, and then no more', async () => {
  await opened();
  client.runLog.mockRejectedValue(new Error('no'));
  client.run.mockImplementation(async () =>
    structuredClone(runDetail({ state: 'running', updatedAt: '2026-01-01T01:00:00.000Z' })),
  );
  await vi.advanceTimersByTimeAsync(2 * minuteMs);
  expect(client.runLog).toHaveBeenCalledTimes(2);
  client.runLog.mockResolvedValue({ run: 'one', entries: [] });
  await vi.advanceTimersByTimeAsync(3 * minuteMs);
  expect(client.runLog).toHaveBeenCalledTimes(3);
});
