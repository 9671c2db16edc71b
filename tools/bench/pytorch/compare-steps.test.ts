import { expect, test } from 'vitest';

import { bestPairing, checkSame, contenders } from './compare-steps.ts';
import { pairingOf } from './pairing.fixture.ts';

/** Ours takes a second. */
const pairing = (ours: string, torch: string, ratio: number) => pairingOf(ours, torch, { ours: 1, torch: ratio });
const pairings = [
  pairing('float32', 'float32, eager', 1.3),
  pairing('float32', 'float32, torch.compile', 1.1),
  pairing('float32', 'bfloat16, eager', 0.7),
  pairing('bfloat16', 'float32, eager', 2.1),
  pairing('bfloat16', 'float32, torch.compile', 1.8),
  pairing('bfloat16', 'bfloat16, eager', 1.05),
];

test('the figure is the best of ours against the best of PyTorch’s, not the largest ratio', () => {
  expect(bestPairing(pairings)).toEqual(pairing('bfloat16', 'bfloat16, eager', 1.05));
});

test('within a precision only its own ways count, on both sides', () => {
  expect(bestPairing(pairings, 'float32')).toEqual(pairing('float32', 'float32, torch.compile', 1.1));
  expect(bestPairing(pairings, 'bfloat16')).toEqual(pairing('bfloat16', 'bfloat16, eager', 1.05));
  expect(bestPairing(pairings.slice(0, 2), 'bfloat16')).toBeUndefined();
});

test('what is clearly slower than PyTorch’s fastest of its precision is out of the race, whatever other precisions take', () => {
  const close = [
    pairing('float32', 'float32, eager', 2.2),
    pairing('float32', 'float32, torch.compile', 2),
    pairing('float32', 'bfloat16, eager', 1),
  ];
  const slow = pairing('float32', 'bfloat16, torch.compile', 1.2);
  expect(contenders([...close, slow])).toEqual(close.map(({ torch }) => torch));
});

test('another number of parameters or another loss is refused with both numbers', () => {
  const ours = { parameters: 100, losses: [1.5, 1.25, 1] };
  expect(() => checkSame('MAE', ours, { parameters: 100, losses: [1.5001, 1.25, 1.0001] })).not.toThrow();
  expect(() => checkSame('MAE', ours, { ...ours, parameters: 101 })).toThrow('100 parameters here, 101 in PyTorch');
  expect(() => checkSame('MAE', ours, { ...ours, losses: [1.5, 1.25, 1.001] })).toThrow(
    'after 2 updates is 1 here and 1.001 in PyTorch',
  );
  expect(() => checkSame('MAE', ours, { ...ours, losses: [1.5, NaN, 1] })).toThrow('after 1 updates');
  expect(() => checkSame('MAE', ours, { ...ours, losses: [1.5] })).toThrow('after 1 updates');
});
