import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Draws, drawsKey } from './draws.ts';
import { philox4x32 } from './philox.ts';

const first = (options: ConstructorParameters<typeof Draws>[0], count = 8) => {
  const draws = new Draws(options);
  return Array.from({ length: count }, () => draws.uint32());
};

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('streams', () => {
  test('count blocks in the fourth word, after epoch, sample and view', () => {
    const key = drawsKey(2 ** 53 - 1, 'views');
    const want = [0, 1, 2, 3, 4].flatMap((block) => philox4x32([7, 11, 1, block], key));
    expect(first({ seed: 2 ** 53 - 1, purpose: 'views', epoch: 7, sample: 11, view: 1 }, 20)).toEqual(want);
  });

  test('are the same when opened again and differ in every part of their name', () => {
    const base = { seed: 1, purpose: 'views', epoch: 2, sample: 3, view: 4 };
    const others = [
      { seed: 2 },
      { seed: 1 + 2 ** 32 },
      { purpose: 'masks' },
      { epoch: 3 },
      { sample: 4 },
      { view: 5 },
    ].map((change) => first({ ...base, ...change }).join());
    expect(first(base)).toEqual(first(base));
    expect(new Set([first(base).join(), ...others]).size).toBe(7);
  });

  test('never change: these words were computed apart, in Python', () => {
    expect(first({ seed: 0, purpose: 'views' }, 4)).toEqual([3677698729, 3180083013, 1075977008, 2963944424]);
  });

  test.each([
    [{ seed: -1, purpose: 'x' }, 'seed: -1'],
    [{ seed: 2 ** 53, purpose: 'x' }, 'seed: 9007199254740992'],
    [{ seed: 0.5, purpose: 'x' }, 'seed: 0.5'],
    [{ seed: 0, purpose: 'x', sample: 2 ** 32 }, 'sample 4294967296'],
    [{ seed: 0, purpose: 'x', epoch: -1 }, 'epoch -1'],
  ])('refuse %o by naming the number', (options, message) => {
    expect(() => new Draws(options)).toThrow(message);
  });
});

describe('distributions', () => {
  const draws = () => new Draws({ seed: 5, purpose: 'distributions' });

  test('float is a float32 in [0, 1) with the moments of the uniform distribution', () => {
    const source = draws();
    const values = Array.from({ length: 20_000 }, () => source.float());
    expect(values.every((value) => value >= 0 && value < 1 && Math.fround(value) === value)).toBe(true);
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 20_000));
  });

  test('int covers each value equally often (chi-squared, 6 degrees of freedom, p = 1e-6)', () => {
    const source = draws();
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 14_000; i++) {
      const value = source.int(7);
      counts[value] = (counts[value] as number) + 1;
    }
    const chi2 = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(chi2).toBeLessThan(38.3);
  });

  test('int throws away the draws that would be biased', () => {
    // 3 · 2^30 values: words from there on are rejected, a quarter of all.
    const source = draws();
    const want = first({ seed: 5, purpose: 'distributions' }, 64).filter((word) => word < 3 * 2 ** 30);
    expect(Array.from({ length: 32 }, () => source.int(3 * 2 ** 30))).toEqual(want.slice(0, 32));
  });

  test('normal has mean 0, variance 1 and kurtosis 3', () => {
    const source = draws();
    const values = Array.from({ length: 20_000 }, () => source.normal());
    expect(Math.abs(mean(values))).toBeLessThan(5 / Math.sqrt(20_000));
    expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
    expect(Math.abs(mean(values.map((value) => value ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / 20_000));
  });

  test('truncatedNormal stays within its limit with the variance of the truncated distribution', () => {
    const source = draws();
    const values = Array.from({ length: 20_000 }, () => source.truncatedNormal(2));
    expect(values.every((value) => Math.abs(value) <= 2)).toBe(true);
    // 1 - 2 · 2 φ(2) / (2 Φ(2) - 1) = 0.7737
    expect(Math.abs(mean(values.map((value) => value ** 2)) - 0.7737)).toBeLessThan(0.03);
  });

  test('permutation holds every number once and draws all orders of three equally often', () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.nat(), (count, seed) => {
        const order = new Draws({ seed, purpose: 'permutation' }).permutation(count);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
    );
    const source = draws();
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = source.permutation(3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(6);
    expect(chi2).toBeLessThan(35.9);
  });

  test('int and truncatedNormal refuse what has no answer', () => {
    expect(() => draws().int(0)).toThrow('int(0)');
    expect(() => draws().int(1.5)).toThrow('int(1.5)');
    expect(() => draws().truncatedNormal(0)).toThrow('truncatedNormal(0)');
  });
});
