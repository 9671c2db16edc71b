import { expect, test } from 'vitest';

import { Draws } from '#lib/sampling';
import { goldenCases } from '#lib/testing';

import { type Adjustment, adjustments, drawCropBox, drawJitter } from './index.ts';

/** Mean and standard deviation (of the sample: divided by n - 1). */
function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** For each probability p the smallest value whose share of values at or below it is at least p. */
function quantiles(values: readonly number[], probabilities: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return probabilities.map((p) => sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-6) - 1)] as number);
}

test.each(goldenCases('transforms/random-resized-crop'))('$name', (golden) => {
  const args = golden.args as {
    scale: [number, number];
    ratio: [number, number];
    height: number;
    width: number;
    fallback_box: object;
  };
  const count = golden.expected?.['check_samples'] as number;
  const boxes = Array.from({ length: count }, (_, sample) =>
    drawCropBox(args, args.scale, args.ratio, new Draws({ seed: 3, purpose: 'views', sample })),
  );
  const fallback = JSON.stringify(args.fallback_box);
  const ordered = ({ top, left, height, width }: (typeof boxes)[number]) =>
    JSON.stringify({ top, left, height, width });
  golden.expectClose('out/fallback_share', [boxes.filter((box) => ordered(box) === fallback).length / count], []);
  const figures = {
    area: boxes.map(({ height, width }) => (height * width) / (args.height * args.width)),
    log_aspect: boxes.map(({ height, width }) => Math.log(width / height)),
    center_x: boxes.map(({ left, width }) => (left + width / 2) / args.width),
    center_y: boxes.map(({ top, height }) => (top + height / 2) / args.height),
  };
  const probabilities = [...golden.tensor('in/p').data];
  for (const [name, values] of Object.entries(figures)) {
    const { mean, deviation } = moments(values);
    golden.expectClose(`out/${name}/mean`, [mean], []);
    golden.expectClose(`out/${name}/sd`, [deviation], []);
    const got = quantiles(values, probabilities);
    golden.expectClose(`out/${name}/quantiles`, got, [got.length]);
    for (const [i, quantile] of got.entries()) {
      expect(quantile).toBeGreaterThanOrEqual((golden.tensor(`in/${name}/quantiles_low`).data[i] as number) - 1e-6);
      expect(quantile).toBeLessThanOrEqual((golden.tensor(`in/${name}/quantiles_high`).data[i] as number) + 1e-6);
    }
  }
});

test.each(goldenCases('transforms/color-jitter-draws'))('$name', (golden) => {
  const strengths = golden.args as Record<Adjustment, number>;
  const count = golden.expected?.['check_samples'] as number;
  const drawn = Array.from({ length: count }, (_, sample) =>
    drawJitter(strengths, new Draws({ seed: 5, purpose: 'views', sample })),
  );
  const orders = [...golden.tensor('in/orders').data];
  const counts = Array.from({ length: 24 }, (_, i) => {
    const order = orders
      .slice(4 * i, 4 * i + 4)
      .map((at) => adjustments[at])
      .join();
    return drawn.filter((draw) => draw.order.join() === order).length;
  });
  golden.expectClose(
    'out/order_share',
    counts.map((hits) => hits / count),
    [24],
  );
  const chi2 = counts.reduce((sum, hits) => sum + (hits - count / 24) ** 2 / (count / 24), 0);
  expect(chi2).toBeLessThan(golden.expected?.['chi2_limit'] as number);
  for (const name of adjustments) {
    const values = drawn.map(({ factors }) => factors[name] as number);
    const { mean, deviation } = moments(values);
    golden.expectClose(`out/${name}/mean`, [mean], []);
    golden.expectClose(`out/${name}/sd`, [deviation], []);
    const range = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))] as const;
    golden.expectClose(`out/${name}/range`, range, [2]);
    const [low, high] = golden.tensor(`out/${name}/range`).data as unknown as [number, number];
    expect(range[0]).toBeGreaterThanOrEqual(low - 1e-6);
    expect(range[1]).toBeLessThanOrEqual(high + 1e-6);
  }
});
