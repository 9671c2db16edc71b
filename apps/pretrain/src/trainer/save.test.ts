import { expect, test } from 'vitest';

import { foldedCurvesSchema, keys, type StepMetrics, stepMetricsSchema } from '#lib/contracts';
import { foldedCurvesOf } from '#lib/curves';
import { openMemoryStore, requireJson } from '#lib/storage';

import { saveMetrics } from './save.ts';

const batch = 8;
const stepOf = (step: number): StepMetrics => ({
  step,
  epoch: 0,
  loss: 1 / step,
  terms: { loss: 1 / step },
  learningRate: 0.1,
  gradientNorm: 1,
  imagesPerSecond: 100,
  waitSeconds: 0,
  at: 1000 * step,
});

test('steps are written as lines, and folded beside them', async () => {
  const store = openMemoryStore();
  const steps = Array.from({ length: 150 }, (_, i) => stepOf(101 + i));
  const saved = await saveMetrics({ store, run: 'one', attempt: 2, batch }, steps);
  const key = keys.metrics('one', 101, 250, 2);
  expect(saved).toEqual({ from: 101, to: 250, key });
  const lines = new TextDecoder()
    .decode((await store.get(key))?.bytes)
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => stepMetricsSchema.parse(JSON.parse(line)))).toEqual(steps);
  const folded = await requireJson(store, keys.foldedCurves('one', key), foldedCurvesSchema);
  expect(folded).toEqual(foldedCurvesOf(steps, batch));
  expect(folded.step).toEqual([128, 192, 250]);
});

test('no steps are no segment', async () => {
  const store = openMemoryStore();
  expect(await saveMetrics({ store, run: 'one', attempt: 1, batch }, [])).toBeNull();
  for await (const { key } of store.list('')) expect.unreachable(key);
});
