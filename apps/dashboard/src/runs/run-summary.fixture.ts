import type { RunSummary } from '#lib/contracts';

/** A summary of a run, for tests. */
export const summary = (run: string, change: Partial<RunSummary> = {}): RunSummary => ({
  run,
  state: 'finished',
  reason: null,
  remedy: null,
  recipe: 'simsiam',
  method: 'simsiam',
  backbone: 'resnet18',
  dataset: 'pets',
  precision: 'float32',
  batch: 8,
  seed: 1,
  specGroup: run.padEnd(64, '0'),
  epochs: 2,
  step: 10,
  totalSteps: 10,
  loss: 0.5,
  imagesPerSecond: null,
  knn: null,
  linear: null,
  about: { title: null, tags: [], notes: '' },
  createdAt: '2026-01-01T00:00:00.000Z',
  ...change,
});
