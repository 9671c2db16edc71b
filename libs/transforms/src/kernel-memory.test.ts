import { expect, test } from 'vitest';

import { KernelMemory, region } from './kernel-memory.ts';

test('a region stays where it is while it is large enough, and regions never overlap', () => {
  const memory = new KernelMemory();
  const [a, b] = [region(), region()];
  const first = memory.reserve(a, 1000);
  memory.bytes.fill(1, first, first + 1000);
  const second = memory.reserve(b, 200_000);
  memory.bytes.fill(2, second, second + 200_000);
  expect(memory.reserve(a, 500)).toBe(first);
  expect(memory.bytes.subarray(first, first + 1000).every((byte) => byte === 1)).toBe(true);
});

test('memory is bounded by the largest sizes asked for, however often and in whatever order', () => {
  const memory = new KernelMemory();
  const [a, b] = [region(), region()];
  for (let size = 1; size <= 100_000; size += 37) {
    memory.reserve(a, size);
    memory.reserve(b, 100_001 - size);
  }
  const { length } = memory.bytes;
  expect(length).toBeLessThan(6 * 2 ** 17); // two regions of 2^17, as much left behind at most, and a page more
  for (let size = 1; size <= 100_000; size += 37) memory.reserve(a, size);
  expect(memory.bytes.length).toBe(length);
});
