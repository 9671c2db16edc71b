import { expect, test } from 'vitest';

import { countParameters } from '#lib/nn';
import { instanceOfSpec } from '#lib/training';

import { findWork, peakLearningRate, specOfWork, works } from './work.ts';

test.each(works)('$name is a spec that can be built, with the batch that its title says', async (work) => {
  const spec = await specOfWork(work);
  expect(work.title).toContain(`batch ${spec.batch}`);
  expect(countParameters(instanceOfSpec(spec).parameters)).toBeGreaterThan(100_000);
});

test('the masked autoencoder of width 192 has 6 blocks, 64 patches, 3 heads', async () => {
  const { encoder } = instanceOfSpec(await specOfWork(findWork('mae-192')));
  expect(encoder).toMatchObject({
    options: { width: 192, depth: 6, heads: 3, classToken: false },
    grid: { rows: 8, columns: 8 },
  });
});

test('the engine that is asked for is the spec’s', async () => {
  expect((await specOfWork(findWork('simsiam'), 'eager')).engine).toBe('eager');
  expect((await specOfWork(findWork('simsiam'))).engine).toBe('captured');
});

test('an unknown work is answered with the nearest', () => {
  expect(() => findWork('mae-129')).toThrow('did you mean "mae-192"?');
});

test('the peak of the learning rate follows the batch where the spec says so', async () => {
  const spec = await specOfWork(findWork('simsiam'));
  expect(peakLearningRate({ ...spec, batch: 128, learningRate: { base: 0.1, scaleByBatch: true } })).toBeCloseTo(0.05);
  expect(peakLearningRate({ ...spec, batch: 128, learningRate: { base: 0.1, scaleByBatch: false } })).toBe(0.1);
});
