import { expect, test } from 'vitest';

import type { CompareRow } from '#lib/contracts';

import { csvOf, markdownOf, measuredOn } from './results.ts';

const row: CompareRow = {
  row: 'run',
  label: 'a|b, "c"',
  run: 'a',
  method: 'mae',
  backbone: 'vit-tiny',
  state: 'finished',
  epochs: 2,
  imagesSeen: 12_345,
  trainSeconds: 90,
  imagesPerSecond: 137.2,
  knn: 0.5,
  linear: null,
  macroF1: 0.25,
  rankMe: 10,
  seeds: [1],
  spread: null,
  reported: null,
  parameters: 1000,
};
const group: CompareRow = {
  ...row,
  row: 'group',
  label: 'mae, 2 seeds',
  run: null,
  seeds: [1, 2],
  spread: { knn: 0.0123, linear: null, macroF1: null, rankMe: 0.5 },
};

test('Markdown is the table as it is shown, and no cell breaks it', () => {
  const lines = markdownOf([row, group]).split('\n');
  expect(lines[0]).toContain('| Run | Method |');
  expect(lines[1]).toMatch(/^\| --- \| --- \| --- \| ---: /);
  expect(lines[2]).toContain('| a\\|b, "c" | mae | vit-tiny | 2.0 | 12,345 | 1 min 30 s | 137 | 50.00 % | – |');
  expect(lines[3]).toContain('50.00 % ± 1.23 %');
});

test('CSV has the figures in full, and quotes what needs it', () => {
  const [head, first, second] = csvOf([row, group]).split('\r\n');
  expect(head?.split(',')).toEqual([
    ...['label', 'method', 'backbone', 'epochs', 'imagesSeen', 'trainSeconds', 'imagesPerSecond'],
    ...['knn', 'linear', 'macroF1', 'rankMe', 'parameters'],
    ...['knnSpread', 'linearSpread', 'macroF1Spread', 'rankMeSpread', 'seeds', 'run'],
  ]);
  expect(first).toBe('"a|b, ""c""",mae,vit-tiny,2,12345,90,137.2,0.5,,0.25,10,1000,,,,,1,a');
  expect(second).toBe('"mae, 2 seeds",mae,vit-tiny,2,12345,90,137.2,0.5,,0.25,10,1000,0.0123,,,0.5,1 2,');
});

test('what was measured on is said in words', () => {
  const comparison = { dataset: 'pets', contentHash: 'c', trainSamples: 40, evalSamples: 8, rows: [], notes: [] };
  expect(measuredOn(comparison)).toContain('8 images of eval of pets');
  expect(measuredOn({ ...comparison, evalSamples: 0 })).toBe('nothing was measured on pets yet');
});
