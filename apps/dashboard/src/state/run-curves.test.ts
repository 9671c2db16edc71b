import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { RunCurves, StepMetrics, UnlabelEvent } from '#lib/contracts';

import { withTail } from '../charts/live-tail.ts';
import { CurvesOfRun } from './run-curves.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const metrics = (step: number, loss = step): StepMetrics => ({
  step,
  epoch: 0,
  loss,
  terms: {},
  learningRate: 0.1,
  gradientNorm: 1,
  imagesPerSecond: 100,
  waitSeconds: 0,
  at: step,
});
const event = (step: number, loss?: number, run = 'a'): UnlabelEvent => ({
  version: 1,
  type: 'run-step',
  run,
  totalSteps: 1e6,
  metrics: metrics(step, loss),
});
const upTo = (last: number): RunCurves =>
  withTail(
    { run: 'a', steps: 0, stepsPerPoint: 1, step: [], epoch: [], at: [], curves: {} },
    Array.from({ length: last }, (_, i) => metrics(i + 1)),
    8,
  );

/** A run that control has so many steps of. */
async function opened(steps: number) {
  const fetch = vi.fn(async ({ from, to }: { from?: number; to?: number }) => {
    const all = upTo(steps);
    return from === undefined ? all : { ...all, step: all.step.filter((step) => step >= from && step <= (to ?? 0)) };
  });
  const problems = vi.fn();
  const curves = new CurvesOfRun(fetch, problems);
  curves.setBatch(8);
  await curves.refresh();
  const receive = async (...events: UnlabelEvent[]) => {
    curves.receive('a', events);
    await vi.advanceTimersByTimeAsync(400);
  };
  return { curves, fetch, problems, receive };
}

test('live steps are appended without fetching, those of other runs are not', async () => {
  const { curves, fetch, receive } = await opened(3);
  await receive(event(4), event(9, 9, 'b'), event(5));
  expect(curves.all.value?.step).toEqual([1, 2, 3, 4, 5]);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test('a long tail is fetched in coarser points', async () => {
  const { fetch, receive } = await opened(0);
  await receive(...Array.from({ length: 1001 }, (_, i) => event(i + 1)));
  expect(fetch).toHaveBeenCalledTimes(2);
});

test('what a later attempt repeats takes the place of what was fetched', async () => {
  const { curves, fetch, receive } = await opened(5);
  fetch.mockResolvedValueOnce(upTo(2));
  await receive(event(3, 30));
  expect(curves.all.value?.step).toEqual([1, 2, 3]);
  expect(curves.all.value?.curves['loss']?.mean).toEqual([1, 2, 30]);
});

test('finer curves are shown for the range that was asked for last', async () => {
  const { curves, fetch } = await opened(9);
  await curves.zoomTo({ from: 3, to: 6 });
  expect(fetch).toHaveBeenLastCalledWith({ points: 1000, from: 3, to: 6 });
  expect(curves.shown.value?.step).toEqual([3, 4, 5, 6]);
  const first = curves.zoomTo({ from: 1, to: 4 });
  const second = curves.zoomTo({ from: 2, to: 8 });
  await Promise.all([first, second]);
  expect(curves.shown.value?.step).toEqual([2, 3, 4, 5, 6, 7, 8]);
  await curves.zoomTo(undefined);
  expect(curves.shown.value?.step).toHaveLength(9);
});

test('what goes wrong is told, and what was there stays', async () => {
  const { curves, fetch, problems } = await opened(3);
  fetch.mockRejectedValueOnce(new Error('away'));
  await curves.refresh();
  expect(problems).toHaveBeenCalledWith(new Error('away'));
  expect(curves.all.value?.step).toHaveLength(3);
});
