import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { KernelMemory, region } from './kernel-memory.ts';
import { levels } from './native.ts';

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

test('what a region held is there when the memory has grown, where kernels find it', () => {
  const memory = new KernelMemory();
  const [a, b] = [region(), region()];
  const at = memory.reserve(a, 16);
  memory.floats.set([0.25, 0.5, 1, 2], at / 4);
  memory.reserve(b, 1_000_000);
  memory.kernels.affine(at, 4, 0.5, 0.25);
  expect([...memory.floats.subarray(at / 4, at / 4 + 4)]).toEqual([0.375, 0.5, 0.75, 1]);
});

test('kernels are those of the level asked for, or of the highest that the processor has', () => {
  const got = levels.map((level) => new KernelMemory(level).kernels.level);
  const highest = levels.indexOf(new KernelMemory().kernels.level);
  expect(got).toEqual(levels.map((_, i) => levels[Math.min(i, highest)]));
});

test('the highest level is what the system says of the processor', () => {
  const flags = readFileSync('/proc/cpuinfo', 'utf8');
  const has = (...names: string[]) => names.every((name) => new RegExp(`\\b${name}\\b`).test(flags));
  const has512 = has('avx512f', 'avx512bw', 'avx512dq', 'avx512vl');
  const said = !has('avx2', 'fma') ? 'plain' : has512 ? 'avx512' : 'avx2';
  expect(new KernelMemory().kernels.level).toBe(said);
});

test('kernels refuse operands that point out of the memory, are no numbers, or are too few', () => {
  const memory = new KernelMemory();
  memory.reserve(region(), 64);
  for (const offset of [-4, memory.bytes.length + 128])
    expect(() => memory.kernels.affine(offset, 0, 1, 0)).toThrow('points outside of the memory');
  expect(() => memory.kernels.affine(0, 0, 1)).toThrow('another number of operands');
  expect(() => memory.kernels.affine(0, 'none' as unknown as number, 1, 0)).toThrow('an operand is no number');
});
