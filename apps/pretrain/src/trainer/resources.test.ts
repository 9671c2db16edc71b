import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { resourceReadingSchema } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { GpuWatch, parseGpuLine, ResourceMeter } from './resources.ts';

test('a reading a second: cores in use since the last one, memory now', () => {
  let [ms, cpu] = [0, 0];
  const sources = { nowMs: () => ms, cpuMicroseconds: () => cpu, memoryBytes: () => 5e8 };
  const meter = new ResourceMeter(undefined, sources);
  [ms, cpu] = [999, 1e6];
  expect(meter.read()).toBeUndefined();
  [ms, cpu] = [2000, 3e6];
  expect(meter.read()).toEqual({ cpuShare: 1.5, memoryBytes: 5e8 });
  expect(meter.read()).toBeUndefined();
  [ms, cpu] = [3000, 3e6];
  expect(meter.read()).toEqual({ cpuShare: 0, memoryBytes: 5e8 });
});

test('of this process: the time that it computed, whoever else has the machine', () => {
  const used = () => process.cpuUsage().user + process.cpuUsage().system;
  const meter = new ResourceMeter();
  const [startedMs, before] = [performance.now(), used()];
  let sum = 0;
  while (used() - before < 500_000 || performance.now() - startedMs < 1050) sum += Math.sqrt(sum + 1);
  const reading = resourceReadingSchema.parse(meter.read());
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  expect(reading.cpuShare * elapsedSeconds).toBeGreaterThan(0.45);
  expect(reading.memoryBytes).toBeGreaterThan(1e7);
});

test('asking costs less than ten microseconds at nearly every step', () => {
  const meter = new ResourceMeter();
  const startedMs = performance.now();
  for (let step = 0; step < 100_000; step++) meter.read();
  expect(performance.now() - startedMs).toBeLessThan(1000);
});

test.each([
  ['37, 4021', { gpuShare: 0.37, gpuMemoryBytes: 4021 * 2 ** 20 }],
  ['[N/A], 4021', { gpuMemoryBytes: 4021 * 2 ** 20 }],
  ['0, [N/A]', { gpuShare: 0 }],
  ['No devices were found', undefined],
  ['', undefined],
])('of a GPU, the line %j says %j', (line, expected) => expect(parseGpuLine(line)).toEqual(expected));

test('the newest line of the program is the reading; it is ended with the meter, and one that is not there says nothing', async () => {
  await using folder = await temporaryFolder('gpu');
  const program = join(folder.path, 'smi');
  await writeFile(program, '#!/bin/sh\necho "10, 100"\necho "$4" | grep -q "id=3" && echo "20, 200"\nexec sleep 60\n');
  await chmod(program, 0o755);
  const watch = new GpuWatch(program, { CUDA_VISIBLE_DEVICES: '3,1' });
  await expect.poll(() => watch.reading).toEqual({ gpuShare: 0.2, gpuMemoryBytes: 200 * 2 ** 20 });
  new ResourceMeter(watch).close();
  const none = new GpuWatch(join(folder.path, 'nothing'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(none.reading).toBeUndefined();
  none.close();
});
