import { expect, test, vi } from 'vitest';

import { NotFoundError, type RunCurves, type RunSummary } from '#lib/contracts';

import { warmUp } from './warm-up.ts';

const names = Array.from({ length: 30 }, (_, i) => `run-${i}`);
const summaries = async () => names.map((run) => ({ run }) as RunSummary);
const curvesOf = (run: string) => ({ run }) as RunCurves;

test('the curves of the newest runs are read, one run after the other', async () => {
  let reading = 0;
  const curves = vi.fn(async (run: string) => {
    reading += 1;
    expect(reading).toBe(1);
    await Promise.resolve();
    reading -= 1;
    return curvesOf(run);
  });
  expect(await warmUp({ summaries, curves }, new AbortController().signal)).toEqual(names.slice(0, 10));
  expect(curves).toHaveBeenCalledTimes(10);
});

test('a run whose metrics are gone is passed over', async () => {
  const curves = async (run: string) => {
    if (run === 'run-1') throw new NotFoundError('a segment does not exist');
    return curvesOf(run);
  };
  const ready = await warmUp({ summaries, curves }, new AbortController().signal);
  expect(ready).toEqual(names.slice(0, 10).filter((run) => run !== 'run-1'));
});

test('a control that ends reads no more', async () => {
  const ending = new AbortController();
  const curves = async (run: string) => {
    if (run === 'run-2') ending.abort();
    return curvesOf(run);
  };
  expect(await warmUp({ summaries, curves }, ending.signal)).toEqual(['run-0', 'run-1', 'run-2']);
});
