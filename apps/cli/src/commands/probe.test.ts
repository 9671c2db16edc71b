import { expect, test } from 'vitest';

import { probeCall } from './probe.ts';

test('defaults are the last checkpoint, k-NN and linear, on eval', () => {
  expect(probeCall({})).toEqual({ kinds: ['knn', 'linear'], checkpoint: 'last', split: 'eval', again: false });
});

test('kinds are separated by commas, a number is a step', () => {
  expect(probeCall({ kind: 'fine-tune, few-labels-1', checkpoint: '40', split: 'tune', again: true })).toEqual({
    kinds: ['fine-tune', 'few-labels-1'],
    checkpoint: 40,
    split: 'tune',
    again: true,
  });
  expect(probeCall({ checkpoint: 'best' }).checkpoint).toBe('best');
});

test('what no probe knows is refused by flag, with the nearest name', () => {
  expect(() => probeCall({ kind: 'knn,linaer' })).toThrow(
    expect.objectContaining({ field: 'kind', nearest: 'linear' }),
  );
  expect(() => probeCall({ checkpoint: 'first' })).toThrow('--checkpoint first: expected last, best, or a step');
  expect(() => probeCall({ split: 'train' })).toThrow('--split train: eval or tune');
});
