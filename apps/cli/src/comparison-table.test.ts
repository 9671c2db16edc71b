import { expect, test } from 'vitest';

import type { CompareRow } from '#lib/contracts';

import { comparisonTable } from './comparison-table.ts';

const empty: CompareRow = {
  row: 'pixels',
  label: 'raw pixels',
  run: null,
  method: null,
  backbone: null,
  state: null,
  epochs: null,
  imagesSeen: null,
  trainSeconds: null,
  imagesPerSecond: null,
  knn: null,
  linear: null,
  macroF1: null,
  parameters: null,
};

test('a row each, dashes where nothing is known, then what it was measured on and what keeps rows apart', () => {
  const lines = comparisonTable({
    dataset: 'pets',
    contentHash: 'c'.repeat(64),
    trainSamples: 10_000,
    evalSamples: 500,
    rows: [
      { ...empty, knn: 0.25 },
      {
        ...empty,
        row: 'run',
        label: 'one',
        run: 'one',
        method: 'mae',
        backbone: 'vit-report',
        epochs: 1.3333,
        imagesSeen: 20_000,
        trainSeconds: 61,
        imagesPerSecond: 327.8,
        linear: 0.5,
        parameters: 1_000_000,
      },
    ],
    notes: ['not alike'],
  }).split('\n');
  expect(lines[0]?.split(/ {2,}/)).toContain('k-NN');
  expect(lines[1]).toMatch(/^raw pixels( +–){6} +25\.00 %( +–){3}$/);
  expect(lines[2]).toMatch(/^one +mae +vit-report +1\.33 +20,000 +1:01 +328 +– +50\.00 % +– +1,000,000$/);
  expect(lines.slice(3)).toEqual(['', 'pets: probed on 500 images of eval, with 10,000 of train', 'not alike']);
});
