import { expect, test } from 'vitest';

import type { CompareRow, Comparison } from '#lib/contracts';

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
  rankMe: null,
  seeds: [],
  spread: null,
  reported: null,
  parameters: null,
};

const run: CompareRow = {
  ...empty,
  row: 'run',
  label: 'one, "wide"',
  run: 'one-1',
  method: 'mae',
  backbone: 'vit-report',
  epochs: 1.5,
  imagesSeen: 20_000,
  trainSeconds: 61,
  imagesPerSecond: 327.8,
  knn: 0.4,
  linear: 0.5,
  macroF1: 0.49,
  rankMe: 31.26,
  seeds: [1],
  parameters: 1_000_000,
};
const group: CompareRow = {
  ...run,
  row: 'group',
  label: 'one, 2 seeds',
  run: null,
  linear: 0.505,
  seeds: [1, 2],
  spread: { knn: 0.0123, linear: null, macroF1: 0, rankMe: 0.5 },
};
const comparison: Comparison = {
  dataset: 'pets',
  contentHash: 'c'.repeat(64),
  trainSamples: 10_000,
  evalSamples: 500,
  rows: [{ ...empty, knn: 0.25 }, run, group],
  notes: ['not alike'],
};
const cells = (line: string | undefined) => line?.split(/ {2,}/);

test('means are shown with their spread where there is one', () => {
  const lines = comparisonTable(comparison).split('\n');
  expect(cells(lines[3])?.slice(-5)).toEqual([
    '40.00 ± 1.23 %',
    '50.50 %',
    '49.00 ± 0.00 %',
    '31.3 ± 0.5',
    '1,000,000',
  ]);
});

test('what others reported is a column where any row has it, with its note below', () => {
  expect(comparisonTable(comparison)).not.toContain('reported');
  const reported = { linear: 0.4323, note: 'on other images' };
  const rows = [
    { ...run, label: 'a', reported },
    { ...group, reported },
  ];
  const lines = comparisonTable({ ...comparison, rows }).split('\n');
  expect(cells(lines[0])?.at(-1)).toBe('reported');
  expect(cells(lines[1])?.at(-1)).toBe('linear 43.23 %');
  expect(lines.filter((line) => line === 'a, reported: on other images')).toHaveLength(1);
});

test('Markdown has a line of dashes, numbers to the right, and what was measured below', () => {
  const lines = comparisonTable({ ...comparison, rows: [{ ...run, label: 'a|b' }] }, 'markdown').split('\n');
  expect(lines[0]).toBe(
    '|  | method | backbone | epochs | images | time | img/s | k-NN | linear | macro F1 | RankMe | parameters |',
  );
  expect(lines[1]).toBe('| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  expect(lines[2]).toBe(
    '| a\\|b | mae | vit-report | 1.5 | 20,000 | 1:01 | 328 | 40.00 % | 50.00 % | 49.00 % | 31.3 | 1,000,000 |',
  );
  expect(lines.slice(3)).toEqual(['', 'pets: probed on 500 images of eval, with 10,000 of train  ', 'not alike']);
});

test('comma-separated values are bare numbers, quoted where they must be', () => {
  expect(comparisonTable(comparison, 'csv').split('\n')).toEqual([
    'row,run,seeds,label,method,backbone,epochs,images_seen,train_seconds,images_per_second,knn,linear,macro_f1,rankme,parameters,knn_spread,linear_spread,macro_f1_spread,rankme_spread',
    'pixels,,,raw pixels,,,,,,,0.25,,,,,,,,',
    'run,one-1,1,"one, ""wide""",mae,vit-report,1.5,20000,61,327.8,0.4,0.5,0.49,31.26,1000000,,,,',
    'group,,1 2,"one, 2 seeds",mae,vit-report,1.5,20000,61,327.8,0.4,0.505,0.49,31.26,1000000,0.0123,,0,0.5',
  ]);
});

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
  expect(lines[1]).toMatch(/^raw pixels( +–){6} +25\.00 %( +–){4}$/);
  expect(lines[2]).toMatch(/^one +mae +vit-report +1\.33 +20,000 +1:01 +328 +– +50\.00 % +– +– +1,000,000$/);
  expect(lines.slice(3)).toEqual(['', 'pets: probed on 500 images of eval, with 10,000 of train', 'not alike']);
});
