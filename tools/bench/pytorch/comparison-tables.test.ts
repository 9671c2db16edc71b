import { expect, test } from 'vitest';

import { renderTable } from '../report/markdown.ts';
import { findWork } from '../training/work.ts';

import type { Comparison } from './compare-steps.ts';
import { bestTable, goalOf, pairingTable } from './comparison-tables.ts';
import { pairingOf } from './pairing.fixture.ts';

const work = { ...findWork('mae-192'), title: 'MAE' };
const comparison: Comparison = {
  work,
  batch: 256,
  parameters: 1000,
  notes: [],
  pairings: [
    pairingOf('float32', 'float32, eager', { ours: 1, torch: 1.5 }),
    pairingOf('float32', 'bfloat16, eager', { ours: 1, torch: 1 }),
    pairingOf('float32 with XLA', 'float32, eager', { ours: 0.8, torch: 1.5 }),
    pairingOf('float32 with XLA', 'bfloat16, eager', { ours: 0.8, torch: 0.96 }),
    pairingOf('bfloat16', 'float32, eager', { ours: 0.64, torch: 1.5 }),
    pairingOf('bfloat16', 'bfloat16, eager', { ours: 0.64, torch: 0.8 }),
  ],
};

test('the best of each side is told among all, and within each precision that was measured', () => {
  expect(
    renderTable(bestTable([comparison]))
      .split('\n')
      .slice(2),
  ).toEqual([
    '| work | among    | ours             | img/s | PyTorch         | its img/s | ratio | parameters |',
    '| ---- | -------- | ---------------- | ----: | --------------- | --------: | ----: | ---------: |',
    '| MAE  | all      | bfloat16         | 400.0 | bfloat16, eager |     320.0 |  1.25 |       1000 |',
    '| MAE  | float32  | float32 with XLA | 320.0 | float32, eager  |     170.7 |  1.88 |       1000 |',
    '| MAE  | bfloat16 | bfloat16         | 400.0 | bfloat16, eager |     320.0 |  1.25 |       1000 |',
  ]);
});

test('with one precision there is one line a work', () => {
  const narrow = { ...comparison, pairings: comparison.pairings.slice(0, 1) };
  expect(bestTable([narrow]).rows.map((row) => row[1])).toEqual(['all']);
});

test('all that was paired is told', () => {
  expect(pairingTable(comparison)).toMatchObject({ caption: 'MAE', rows: { length: 6 } });
});

test('the figure to reach is the best against the best; null where nothing was measured; none without a goal', () => {
  expect(goalOf(work, [comparison])).toEqual([
    { work: 'MAE, against PyTorch', measured: expect.closeTo(1.25), must: 1.05, aim: 1.2 },
  ]);
  expect(goalOf(work, [])).toMatchObject([{ measured: null }]);
  expect(goalOf(findWork('brief-mae'), [comparison])).toEqual([]);
});
