import { expect, test } from 'vitest';

import type { StepMetrics } from '#lib/contracts';

import { columns, metricsCsv } from './columns.ts';

const step = (change: Partial<StepMetrics>): StepMetrics => ({
  step: 1,
  epoch: 0,
  loss: 0.5,
  terms: {},
  learningRate: 0.1,
  gradientNorm: 2,
  imagesPerSecond: 100,
  waitSeconds: 0,
  at: 0,
  ...change,
});

test('the head of the CSV is the same for every run: programs rest on it', () => {
  expect(metricsCsv([])).toBe(
    'step,epoch,at,loss,learning_rate,gradient_norm,images_per_second,wait_seconds,embedding_std,embedding_size,rankme,online_knn,monitor_seconds,tune_step,tune_knn,tune_linear,cpu_share,memory_bytes,gpu_share,gpu_memory_bytes\n',
  );
});

test('a line a step, what was not read left empty, terms of the method at the end in the order of their names', () => {
  const text = metricsCsv([
    step({ terms: { b: 1, 'a, "odd"': 2 } }),
    step({
      step: 2,
      at: 1000,
      monitors: { embeddingStd: 0.1, embeddingSize: 8, rankMe: 3, monitorSeconds: 1 },
      terms: { b: 3 },
    }),
    step({ step: 3, resources: { cpuShare: 1.5, memoryBytes: 1e9 } }),
  ]);
  const [head = '', ...lines] = text.trimEnd().split('\n');
  expect(head.endsWith('gpu_memory_bytes,"term_a, ""odd""",term_b')).toBe(true);
  expect(lines).toEqual([
    '1,0,1970-01-01T00:00:00.000Z,0.5,0.1,2,100,0,,,,,,,,,,,,,2,1',
    '2,0,1970-01-01T00:00:01.000Z,0.5,0.1,2,100,0,0.1,8,3,,1,,,,,,,,,3',
    '3,0,1970-01-01T00:00:00.000Z,0.5,0.1,2,100,0,,,,,,,,,1.5,1000000000,,,,',
  ]);
});

test('names and tags are each used once', () => {
  for (const key of ['name', 'tag'] as const) {
    const used = columns.flatMap((column) => column[key] ?? []);
    expect(new Set(used).size).toBe(used.length);
  }
});
