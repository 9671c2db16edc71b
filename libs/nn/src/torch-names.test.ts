import { expect, test } from 'vitest';

import { fromTorchLayout, fromTorchState, toTorchLayout, toTorchState } from './torch-names.ts';

const counted = (shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((product, length) => product * length, 1) }, (_, i) => i),
});

test('a linear weight [out, in] becomes [in, out]', () => {
  expect(fromTorchLayout(counted([2, 3]))).toEqual({ shape: [3, 2], data: Float32Array.of(0, 3, 1, 4, 2, 5) });
});

test('a convolution’s element (o, i, y, x) is found at (y, x, i, o)', () => {
  const [O, I, H, W] = [2, 3, 4, 5];
  const { shape, data } = fromTorchLayout(counted([O, I, H, W]));
  expect(shape).toEqual([H, W, I, O]);
  const [o, i, y, x] = [1, 2, 3, 1];
  expect(data[((y * W + x) * I + i) * O + o]).toBe(((o * I + i) * H + y) * W + x);
});

test('export undoes import, and other ranks stay as they are', () => {
  for (const shape of [[], [4], [2, 3], [1, 5, 6], [2, 3, 4, 5]])
    expect(toTorchLayout(fromTorchLayout(counted(shape)))).toEqual(counted(shape));
  expect(fromTorchLayout(counted([1, 5, 6])).shape).toEqual([1, 5, 6]);
});

test('a state_dict loses num_batches_tracked and takes timm’s attention names', () => {
  const state = {
    'bn.num_batches_tracked': counted([]),
    'attn.in_proj_weight': counted([6, 2]),
    'attn.in_proj_bias': counted([6]),
    'attn.out_proj.weight': counted([2, 2]),
  };
  expect(Object.keys(fromTorchState(state))).toEqual(['attn.qkv.weight', 'attn.qkv.bias', 'attn.proj.weight']);
  expect(toTorchState(fromTorchState(state))['attn.qkv.weight']).toEqual(counted([6, 2]));
});

test('data that does not fill its shape is refused with both sizes', () => {
  expect(() => fromTorchLayout({ shape: [2, 3], data: new Float32Array(5) })).toThrow('[2,3] has 6 numbers, got 5');
});
