import { expect, test } from 'vitest';

import { clamp, toBytes, toFloat } from './image.ts';
import { roundHalfToEven } from './rounding.ts';

const line = (...values: number[]) => ({
  width: values.length,
  height: 1,
  channels: 1,
  data: Float32Array.from(values),
});

test('every byte survives the way to float and back', () => {
  const bytes = { width: 16, height: 16, channels: 1, data: Uint8Array.from({ length: 256 }, (_, i) => i) };
  expect(toBytes(toFloat(bytes))).toEqual(bytes);
});

test('bytes are rounded half to even and held to 0..255', () => {
  expect([...toBytes(line(-0.1, 1.2, 0.5, 126.5 / 255, 125.5 / 255, 1)).data]).toEqual([0, 255, 128, 126, 126, 255]);
});

test('clamp holds values to 0..1', () => {
  expect([...clamp(line(-0.5, 0.25, 1.5)).data]).toEqual([0, 0.25, 1]);
});

test('refuses data that is not as long as the size says', () => {
  expect(() => toFloat({ width: 2, height: 2, channels: 3, data: new Uint8Array(11) })).toThrow(
    'image: 11 values, expected 2 × 2 × 3 = 12',
  );
});

test.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, 0],
  [2.4999, 2],
  [3.6, 4],
])('rounds %d to %d', (value, want) => {
  expect(roundHalfToEven(value) + 0).toBe(want);
});
