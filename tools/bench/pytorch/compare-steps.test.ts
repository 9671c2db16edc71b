import { expect, test } from 'vitest';

import { bestPairing, checkSame, contenders, type Pairing } from './compare-steps.ts';

const pairing = (ours: string, torch: string, ratio: number): Pairing => ({
  ours,
  torch,
  ratio,
  oursSeconds: 1,
  torchSeconds: ratio,
});
const pairings = [
  pairing('float32', 'float32, eager', 1.3),
  pairing('float32', 'float32, torch.compile', 1.1),
  pairing('float32', 'bfloat16, eager', 0.7),
  pairing('bfloat16', 'float32, eager', 2.1),
  pairing('bfloat16', 'float32, torch.compile', 1.8),
  pairing('bfloat16', 'bfloat16, eager', 1.05),
];

test('the figure is the best of ours against the best of PyTorch’s, not the largest ratio', () => {
  expect(bestPairing(pairings)).toMatchObject({ ours: 'bfloat16', torch: 'bfloat16, eager', ratio: 1.05 });
});

test('within a precision only its own ways count, on both sides', () => {
  expect(bestPairing(pairings, 'float32')).toMatchObject({ torch: 'float32, torch.compile', ratio: 1.1 });
  expect(bestPairing(pairings, 'bfloat16')).toMatchObject({ torch: 'bfloat16, eager', ratio: 1.05 });
  expect(bestPairing(pairings.slice(0, 2), 'bfloat16')).toBeUndefined();
});

test('what is clearly slower than PyTorch’s fastest of the same precision is out of the race, whatever other precisions take', () => {
  const beside = (torch: string, torchSeconds: number) => ({ ...pairing('float32', torch, 1), torchSeconds });
  const close = [beside('float32, eager', 2.2), beside('float32, torch.compile', 2), beside('bfloat16, eager', 1)];
  expect([...contenders([...close, beside('bfloat16, torch.compile', 1.2)])]).toEqual(close.map(({ torch }) => torch));
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
