import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { temporaryFolder } from '#lib/testing';

import { crc32c } from './crc32c.ts';
import { appendEvents, eventFilePath, writeEventFile } from './event-file.ts';
import { readEvents, stepOf as step } from './read-events.fixture.ts';

describe('checksums', () => {
  test('are those of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});

test('an event file has its version first, then every step and what was measured, in the order of steps', async () => {
  await using folder = await temporaryFolder('tensorboard');
  const path = eventFilePath(folder.path, 'mae-1', '2026-01-01T00:00:00.000Z');
  expect(path).toBe(join(folder.path, 'mae-1', 'events.out.tfevents.1767225600.unlabel'));
  const monitors = { embeddingStd: 0.1, embeddingSize: 8, rankMe: 3, onlineKnn: 0.5, monitorSeconds: 1 };
  await writeEventFile(
    path,
    [step(1), step(2, { monitors }), step(3, { resources: { cpuShare: 1.5, memoryBytes: 2 ** 31 } })],
    [{ at: 1_700_000_000_900, step: 2, tag: 'eval/linear', value: 0.75 }],
  );
  const [version, ...events] = readEvents(await readFile(path));
  expect(version).toMatchObject({ version: 'brain.Event:2', wallTime: 1_700_000_000.001 });
  expect(events.map((event) => event.step)).toEqual([1, 2, 2, 3]);
  expect(Object.fromEntries(events[0]?.scalars ?? [])).toEqual({
    'progress/epoch': 0,
    loss: 1,
    'optimisation/learning_rate': Math.fround(0.1),
    'optimisation/gradient_norm': 2,
    'speed/images_per_second': 100,
    'speed/wait_seconds': 0,
    'loss_terms/invariance': 0.25,
    'loss_terms/redundancy': 1,
  });
  expect(events[1]?.scalars.get('monitors/online_knn')).toBe(0.5);
  expect(events[1]?.wallTime).toBe(1_700_000_000.002);
  expect(events[2]?.scalars).toEqual(new Map([['eval/linear', 0.75]]));
  expect(events[3]?.scalars.get('resources/memory_bytes')).toBe(2 ** 31);
});

test('steps can be added to a file that was begun, and writing it again replaces it', async () => {
  await using folder = await temporaryFolder('tensorboard');
  const path = eventFilePath(folder.path, 'a', '2026-01-01T00:00:00.000Z');
  await writeEventFile(path, [], []);
  await appendEvents(path, [step(1), step(2)]);
  expect(readEvents(await readFile(path)).map((event) => event.step)).toEqual([0, 1, 2]);
  await writeEventFile(path, [step(1)], []);
  expect(readEvents(await readFile(path))).toHaveLength(2);
});

test('a step beyond 32 bits is written whole', async () => {
  await using folder = await temporaryFolder('tensorboard');
  const path = join(folder.path, 'events');
  await writeEventFile(path, [step(2 ** 40)], []);
  expect(readEvents(await readFile(path))[1]?.step).toBe(2 ** 40);
});
