import { beforeEach, expect, test, vi } from 'vitest';

import { keys, type ProbeKind } from '#lib/contracts';
import { jsonBytes, openMemoryStore } from '#lib/storage';

import { probeResult } from './control.fixture.ts';
import { ProbeFigures } from './probe-figures.ts';

let store: ReturnType<typeof openMemoryStore>;
let figures: ProbeFigures;
beforeEach(() => {
  store = openMemoryStore();
  figures = new ProbeFigures(store);
});
const put = (step: number, kind: ProbeKind, top1: number, split: 'eval' | 'tune' = 'eval') =>
  store.create(
    keys.probe('one', step, kind, split),
    jsonBytes(probeResult(kind, { kind: 'untrained', run: 'one' }, top1)),
  );

test('the last checkpoint on eval counts, not the untrained encoder, not tune, not other kinds', async () => {
  await put(0, 'linear', 0.1);
  expect(await figures.of('one')).toEqual({ knn: null, linear: null });
  await put(10, 'knn', 0.2);
  await put(20, 'knn', 0.3);
  await put(30, 'knn', 0.9, 'tune');
  await put(20, 'few-labels-10', 0.8);
  await store.create(keys.failedMark(keys.probe('one', 40, 'knn')), jsonBytes({ reason: 'bad' }));
  expect(await figures.of('one')).toEqual({ knn: 0.3, linear: null });
});

test('a result is read once, and again when it was measured again', async () => {
  await put(10, 'knn', 0.2);
  const reads = vi.spyOn(store, 'get');
  await figures.of('one');
  await figures.of('one');
  expect(reads).toHaveBeenCalledTimes(1);
  await store.delete(keys.probe('one', 10, 'knn'));
  await put(10, 'knn', 0.7);
  expect(await figures.of('one')).toEqual({ knn: 0.7, linear: null });
});
