import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test, vi } from 'vitest';

import { NotFoundError, type RunCurves, type RunSummary } from '#lib/contracts';

import { keepWarm, warmUp } from './warm-up.ts';

const names = Array.from({ length: 30 }, (_, i) => `run-${i}`);
const noRest = 0;

/** Runs that have made so many steps. */
function runsOf(read: (run: string) => void | Promise<void> = () => undefined) {
  const steps = new Map(names.map((run) => [run, 100]));
  return {
    steps,
    summaries: async () => [...steps].map(([run, step]) => ({ run, step }) as RunSummary),
    curves: vi.fn(async (run: string) => {
      await read(run);
      return { run } as RunCurves;
    }),
    hasRoomForCurves: () => true,
  };
}
const until = () => new AbortController();

test('the curves of all runs are read, the newest first, one run after the other', async () => {
  let reading = 0;
  const runs = runsOf(async () => {
    reading += 1;
    expect(reading).toBe(1);
    await Promise.resolve();
    reading -= 1;
  });
  expect(await warmUp(runs, until().signal, new Map(), noRest)).toEqual(names);
  expect(runs.curves).toHaveBeenCalledTimes(names.length);
});

test('the newest runs are read at once, the others with a rest after each', async () => {
  const runs = runsOf(() => sleep(2));
  const ending = until();
  const minutes = 1e5; // times 2 ms
  const done = warmUp(runs, ending.signal, new Map(), minutes);
  await vi.waitFor(() => expect(runs.curves).toHaveBeenCalledTimes(11));
  await sleep(50);
  ending.abort();
  expect(await done).toEqual(names.slice(0, 11));
});

test('what was read is read again only where the run went on', async () => {
  const runs = runsOf();
  const read = new Map<string, number>();
  await warmUp(runs, until().signal, read, noRest);
  expect(await warmUp(runs, until().signal, read, noRest)).toEqual([]);
  runs.steps.set('run-7', 101);
  expect(await warmUp(runs, until().signal, read, noRest)).toEqual(['run-7']);
});

test('reading ahead ends where it would push out what was read', async () => {
  const runs = runsOf();
  const full = { ...runs, hasRoomForCurves: () => runs.curves.mock.calls.length < 12 };
  expect(await warmUp(full, until().signal, new Map(), noRest)).toEqual(names.slice(0, 12));
});

test('a run whose metrics are gone is passed over', async () => {
  const runs = runsOf((run) => {
    if (run === 'run-1') throw new NotFoundError('a segment does not exist');
  });
  expect(await warmUp(runs, until().signal, new Map(), noRest)).toEqual(names.filter((run) => run !== 'run-1'));
});

test('a control that ends reads no more, and does not wait for its rest', async () => {
  const ending = until();
  const runs = runsOf((run) => {
    if (run === 'run-12') ending.abort();
  });
  expect(await warmUp(runs, ending.signal)).toEqual(names.slice(0, 13));
  await keepWarm(runs, ending.signal, () => undefined);
  expect(runs.curves).toHaveBeenCalledTimes(13);
});

test('a list that can not be had is told of, and asked for again later', async () => {
  const ending = until();
  const runs = runsOf((run) => {
    if (run === 'run-9') ending.abort();
  });
  const failed = vi.fn();
  const summaries = vi.fn(runs.summaries).mockRejectedValueOnce(new Error('away'));
  await keepWarm({ ...runs, summaries }, ending.signal, failed, 1);
  expect(failed).toHaveBeenCalledExactlyOnceWith(new Error('away'));
  expect(runs.curves).toHaveBeenCalledTimes(10);
});
