import { expect, test } from 'vitest';

import { hostMemoryBytes, parseGpuMemory } from './machine-memory.ts';

test('the limit of a container counts where it is less than what the machine has', () => {
  expect(hostMemoryBytes(16e9, 4e9)).toBe(4e9);
  expect(hostMemoryBytes(16e9, 0)).toBe(16e9); // no limit
  expect(hostMemoryBytes(16e9, 2 ** 63)).toBe(16e9); // no limit, as cgroup v1 says it
  expect(hostMemoryBytes()).toBeGreaterThan(1e8);
});

test('the first GPU of the driver’s table is read in MiB, one that does not tell is unknown', () => {
  expect(parseGpuMemory('81559\n81559\n')).toBe(81559 * 2 ** 20);
  expect(parseGpuMemory('[N/A]\n')).toBeUndefined();
  expect(parseGpuMemory('')).toBeUndefined();
});
