import { Registry } from 'prom-client';
import { expect, test } from 'vitest';

import type { StepMetrics } from '#lib/contracts';

import { RunFigures } from './run-figures.ts';

const spec = { method: { name: 'mae', options: {} }, batch: 100 };
const step = (at: number, change: Partial<StepMetrics> = {}): StepMetrics => ({
  step: at,
  epoch: 0,
  loss: 0.5,
  terms: {},
  learningRate: 0.1,
  gradientNorm: 1,
  imagesPerSecond: 200, // half a second a step
  waitSeconds: 0.1,
  at: 0,
  ...change,
});
const values = async (registry: Registry) =>
  Object.fromEntries(
    (await registry.getMetricsAsJSON()).flatMap(({ name, values: all }) => all.map(({ value }) => [name, value])),
  );

test('the last step of a run, its speed, the share of waiting over the last steps, and what its process takes', async () => {
  const registry = new Registry();
  const figures = new RunFigures(registry);
  figures.step('mae-1', spec, step(1));
  figures.step('mae-1', spec, step(2, { waitSeconds: 0.3, resources: { cpuShare: 1.5, memoryBytes: 7 } }));
  expect(await values(registry)).toEqual({
    unlabel_training_step: 2,
    unlabel_training_loss: 0.5,
    unlabel_training_images_per_second: 200,
    unlabel_training_wait_ratio: expect.closeTo(0.4, 12),
    unlabel_training_process_resident_memory_bytes: 7,
    unlabel_training_process_cpu_cores: 1.5,
    unlabel_training_images_total: 200,
  });
  for (let at = 3; at < 60; at++) figures.step('mae-1', spec, step(at, { waitSeconds: 0 }));
  expect(await values(registry)).toMatchObject({ unlabel_training_wait_ratio: 0 });
});

test('a run that was left leaves nothing but the images that were trained on', async () => {
  const registry = new Registry();
  const figures = new RunFigures(registry);
  figures.step('mae-1', spec, step(1, { resources: { cpuShare: 1.5, memoryBytes: 7 } }));
  figures.end('mae-1', spec);
  expect(await values(registry)).toEqual({ unlabel_training_images_total: 100 });
});
