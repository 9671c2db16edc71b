import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { CompareRow, Comparison } from '#lib/contracts';
import { percent } from '#lib/figures';

import { comparisonOf, groupOf, rowOf } from './report.fixture.ts';
import { standings, verdict } from './verdict.ts';
import { wilson } from './wilson.ts';

const spoken = (comparison: Comparison) => {
  const { headline, details } = verdict(comparison);
  return [headline, ...details].join(' ');
};

describe('the interval of a counted accuracy', () => {
  test('is that of the published formula', () => {
    // R 4: binom.test's score interval, prop.test(81, 263, correct = FALSE)
    const { low, high } = wilson(81 / 263, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });

  test('stays within 0 and 1, has a width at the ends, and holds the share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (samples, part) => {
        const share = Math.round(part * samples) / samples;
        const { low, high } = wilson(share, samples);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(high - low).toBeGreaterThan(0);
        expect(low).toBeLessThanOrEqual(share + 1e-12);
        expect(high).toBeGreaterThanOrEqual(share - 1e-12);
      }),
    );
  });
});

test('a clear difference of single runs names the best run, its lead in points, both baselines, cost and both uncertainties', () => {
  const comparison = comparisonOf([
    rowOf({ row: 'pixels', label: 'raw pixels', linear: 0.35 }),
    rowOf({ row: 'untrained', label: 'untrained resnet20-v2', backbone: 'resnet20-v2', linear: 0.41 }),
    rowOf({ label: 'simsiam', linear: 0.5502, trainSeconds: 754, imagesSeen: 900_000 }),
    rowOf({ label: 'mae', linear: 0.4875, trainSeconds: 61 }),
  ]);
  const { headline, details, isDecided } = verdict(comparison);
  expect(headline).toBe(
    'Of these runs, simsiam did best: 55.02 % against 48.75 % of mae, top-1 of the linear probe on eval, 6.27 points ahead of the second.',
  );
  expect(isDecided).toBe(true);
  const [baselines, cost, measuring, seeds] = details;
  expect(baselines).toBe(
    'simsiam is 20.02 points over raw pixels (35.00 %) and 14.02 points over untrained resnet20-v2 (41.00 %).',
  );
  expect(cost).toContain('12 min 34 s of training and 900,000 images seen; mae took 1 min 1 s');
  expect(measuring).toContain('Measured on 10,000 images of eval');
  expect(measuring).toContain('another thing than what a different seed would change');
  expect(seeds).toContain('Of simsiam and mae there is one seed each, which gives no spread');
});

test('figures whose intervals overlap have no winner, however they are ordered', () => {
  const rows = [rowOf({ label: 'a', linear: 0.551 }), rowOf({ label: 'b', linear: 0.5502 })];
  for (const order of [rows, rows.toReversed()]) {
    const { headline, isDecided } = verdict(comparisonOf(order));
    expect(headline).toBe(
      'No winner can be named: a 55.10 % and b 55.02 % (top-1 of the linear probe on eval) are 0.08 points apart, and the 95 % intervals of the measured accuracies overlap.',
    );
    expect(isDecided).toBe(false);
  }
});

test('groups of seeds that are far apart name a winner without "of these runs"; spreads that overlap name none', () => {
  const apart = comparisonOf([...groupOf('a', [0.62, 0.63, 0.61]), ...groupOf('b', [0.52, 0.5, 0.51])]);
  expect(verdict(apart).headline).toMatch(
    /^a did best: 62\.00 % ± 1\.00 points over 3 seeds against 51\.00 % ± 1\.00 points over 3 seeds of b/,
  );
  expect(spoken(apart)).toContain('Over 3 seeds a has a standard deviation of 1.00 points (n − 1)');
  const wide = comparisonOf([...groupOf('a', [0.7, 0.5]), ...groupOf('b', [0.55, 0.53])]);
  expect(verdict(wide).headline).toContain('and the spreads over seeds overlap');
});

test('a third row that overlaps with the best takes the win away although the second does not', () => {
  const comparison = comparisonOf([
    ...groupOf('a', [0.66, 0.64]),
    ...groupOf('b', [0.62, 0.6201]),
    ...groupOf('c', [0.72, 0.5]),
  ]);
  const { headline } = verdict(comparison);
  expect(headline).toMatch(/^No winner can be named: a 65\.00 % ± 1\.41 points over 2 seeds and c 61\.00 %/);
});

test('a baseline that is better is said to be, and so is what was not measured', () => {
  const text = spoken(
    comparisonOf([
      rowOf({ row: 'pixels', label: 'raw pixels', linear: 0.6 }),
      rowOf({ label: 'a', linear: 0.5 }),
      rowOf({ label: 'late', linear: null, knn: null, state: 'running' }),
    ]),
  );
  expect(text).toContain('a is 10.00 points below raw pixels (60.00 %): pretraining did not pay here');
  expect(text).toContain('Not ranked, for want of top-1 of the linear probe on eval: late.');
  expect(text).toContain('Not finished when this was written: late (running).');
});

test('a baseline that is near is said to be within the uncertainty, not beaten and not better', () => {
  const near = {
    ...comparisonOf([rowOf({ row: 'pixels', label: 'raw pixels', linear: 0.28 }), rowOf({ label: 'a', linear: 0.22 })]),
    evalSamples: 100,
  };
  expect(spoken(near)).toContain(
    'a is 6.00 points below raw pixels (28.00 %): the difference to raw pixels is within the uncertainty of the measuring.',
  );
  expect(spoken(near)).not.toContain('did not pay');
});

test('without any figure nothing is claimed; one run is compared with baselines alone; k-NN is taken where it is all there is', () => {
  expect(verdict(comparisonOf([rowOf({ linear: null, knn: null })]))).toMatchObject({ best: null, isDecided: false });
  expect(verdict(comparisonOf([])).headline).toContain('Nothing was measured yet');
  const alone = verdict(comparisonOf([rowOf({ label: 'only', linear: null, knn: 0.3 })]));
  expect(alone.headline).toBe(
    'only reached 30.00 %, top-1 of k-NN on eval; nothing but baselines is there to compare it with.',
  );
  expect(alone.isDecided).toBe(false);
});

const shares = fc.integer({ min: 0, max: 10_000 }).map((value) => value / 10_000);
const runRows = fc.array(fc.array(shares, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

test('whatever the figures, a winner has ground, and every figure that is said of a row is in the table', () => {
  fc.assert(
    fc.property(runRows, fc.integer({ min: 20, max: 20_000 }), (all, evalSamples) => {
      const rows = all.flatMap((values, i) => groupOf(`m${i}`, values));
      const comparison = { ...comparisonOf(rows), evalSamples };
      const { headline, isDecided, best } = verdict(comparison);
      expect(isDecided).toBe(/ did best: /.test(headline));
      const standing = standings(rows).map(({ row }) => row);
      expect(best?.linear).toBe(Math.max(...standing.map(({ linear }) => linear as number)));
      const tabled = new Set(rows.map(({ linear }) => percent(linear)));
      for (const [figure] of headline.matchAll(/\d+\.\d\d %/g)) expect(tabled).toContain(figure);
      if (isDecided)
        for (const other of standing) if (other !== best) expectApart(best as CompareRow, other, evalSamples);
    }),
  );
});

function expectApart(best: CompareRow, other: CompareRow, samples: number) {
  const [a, b] = [best.linear as number, other.linear as number];
  expect(wilson(a, samples).low).toBeGreaterThan(wilson(b, samples).high);
  const [spreadA, spreadB] = [best.spread?.linear ?? null, other.spread?.linear ?? null];
  if (spreadA !== null && spreadB !== null) expect(a - spreadA).toBeGreaterThan(b + spreadB);
}
